import type { components } from "../../../src/api/schema";
import type { Answers } from "../api";
import { HOSTILE, ago, odd, rejected } from "../data";

type Shape = components["schemas"];

const LOOKED_FOR: Shape["SearchResult"]["looked_for"] = ["push_log", "rejected_event", "skipped_event", "instance", "replay", "task"];

/** Of an event of two task centers, whose instance has a hostile name; what has no digit leads nowhere. */
function found(id: string): Shape["SearchResult"] {
  if (!/\d/.test(id)) return { hits: [], looked_for: LOOKED_FOR };
  const log = (platform: string, status: string): Shape["Hit"] => ({
    kind: "push_log",
    id: `${platform}:${id}`,
    name: id,
    within: platform === "jz" ? "P-1001" : odd("P-1002"),
    platform_id: platform,
    status,
    at: ago(95),
  });
  const rejected: Shape["Hit"] = { kind: "rejected_event", id: "bad-1", name: HOSTILE, within: "", platform_id: "", status: "rejected", at: ago(60) };
  return { hits: [log("jz", "failed"), log("portal", "succeeded"), rejected], looked_for: LOOKED_FOR };
}

const span = (count: number, seconds: number): Shape["History"] => ({
  step_s: seconds,
  steps: Array.from({ length: count }, (_, index) => {
    const events = 40 + Math.round(25 * Math.sin(index / 3)) + (index % 5);
    return { at: ago((count - index) * seconds), events, succeeded: events - (index % 4), failed: index % 9 === 4 ? 6 : 0, asked: index % 6 };
  }),
  is_exact: true,
});

const fact = (name: string, value: string, sequence: number, isAcknowledged: boolean): Shape["WantedFact"] => ({
  name,
  value,
  sequence,
  is_acknowledged: isAcknowledged,
});

const REQUEST = JSON.stringify({ appId: "taskbridge", access_token: "********", tasks: [{ taskId: "T-1", title: odd("张三的请假申请"), receivers: ["u20231106"] }] });

/** Of three events: the second was superseded by the third, which the task center has not acknowledged. */
const state: Shape["InstanceState"] = {
  platform_id: "jz",
  sess_id: "P-1001",
  is_deleted: false,
  unreadable: "",
  item_count: 45,
  items: [
    {
      task_id: null,
      presence: "present",
      work: "none",
      reason: "",
      event_id: "ev-0",
      wanted: [fact("status", "running", 1, true), fact("subject", odd("张三的请假申请"), 1, true), fact("app_name", "请假申请", 1, true), fact("initiator", "张三 (20231107)", 1, true)],
      acknowledged: null,
    },
    {
      task_id: "T-1",
      presence: "present",
      work: "failed",
      reason: HOSTILE,
      event_id: "ev-20261121-00001",
      wanted: [fact("status", "completed", 3, false), fact("node_name", "主管领导审批", 1, true), fact("assignees", "李四 (1001)、王五 (1002)", 3, false)],
      acknowledged: { log_id: "jz:ev-0", event_id: "ev-0", operation: "insert_task", at: ago(900), request: REQUEST },
    },
  ],
  events: [
    { log_id: "jz:ev-0", event_id: "ev-0", action: "task_received", sequence: 1, status: "succeeded", occurred_at: ago(910), received_at: ago(905), superseded_by: [] },
    { log_id: "jz:ev-9", event_id: odd("ev-20261121-00000"), action: "task_received", sequence: 2, status: "superseded", occurred_at: ago(300), received_at: ago(290), superseded_by: ["ev-20261121-00001"] },
    { log_id: "jz:ev-1", event_id: "ev-20261121-00001", action: "task_completed", sequence: 3, status: "failed", occurred_at: ago(60), received_at: ago(40), superseded_by: [] },
  ],
};

const skipped = {
  items: [1, 2, 3, 4].map(
    (index): Shape["SkippedEvent"] => ({
      id: `skip-${index}`,
      event_id: index === 2 ? odd("ev-skip-2") : `ev-skip-${index}`,
      reason: index === 3 ? HOSTILE : "no trigger rule sends this action of this application to an enabled platform, or to AI approval",
      action: "node_published",
      app_id: "leave",
      sess_id: index === 1 ? "" : `P-${index}`,
      received_at: ago(index * 300),
    }),
  ),
  next_cursor: null,
};

const reasons: Shape["SkipReasons"] = {
  items: [
    { reason: "no trigger rule sends this action of this application to an enabled platform, or to AI approval", action: "node_published", app_id: "leave", count: 403, first: ago(80_000), last: ago(300), example: "skip-1" },
    { reason: HOSTILE, action: "node_published", app_id: "leave", count: 76, first: ago(80_000), last: ago(900), example: "skip-3" },
  ],
  next_cursor: null,
  is_exact: false,
};

const outcome: Shape["EventOutcome"] = {
  id: "skip-3",
  event_id: "ev-skip-3",
  status: "skipped",
  reason: HOSTILE,
  action: "node_published",
  app_id: "leave",
  sess_id: "P-3",
  occurred_at: null,
  received_at: ago(900),
  targets: [],
  clash: "",
  others: [],
};

export const ops: Answers = {
  "GET /v1/ops/history": (_route, url) => (url.searchParams.get("span") === "day" ? span(48, 1800) : span(30, 120)),
  "GET /v1/push-logs/*/instance": () => state,
  "GET /v1/rejected-events/*": () => rejected.items[0],
  "GET /v1/skipped-events": () => skipped,
  "GET /v1/skipped-events/reasons": () => reasons,
  "GET /v1/events/*": () => outcome,
  "GET /v1/search": (_route, url) => found(url.searchParams.get("id") ?? ""),
};
