import type { components } from "../../src/api/schema";

type Shape = components["schemas"];
/** With a folder, the views are kept there as pictures for docs/console.md: of one moment, with nothing hostile in them. */
export const PICTURES = process.env["PICTURES"];
export const NOW = PICTURES ? Date.parse("2026-11-28T10:24:00+08:00") : Date.now();
export const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

/** What must be shown as text wherever it stands. */
export const HOSTILE = PICTURES
  ? "收件人在任务中心没有账号"
  : `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202Eلا ${"长".repeat(300)}🙂`;

/** Far longer than anything that is meant to be read here, and turning the direction of writing. */
export const LONG = PICTURES ? "" : `\u202E${"凡请假超过三天的，须附辅导员签字的说明。".repeat(500)}`;

/** What somebody typed: hostile in the tests, the usual in the pictures. */
export const odd = (usual: string) => (PICTURES ? usual : HOSTILE);

const counts = (succeeded: number, failed: number, retrying: number, superseded: number, skipped: number): Shape["StatusCounts"] => ({
  succeeded,
  failed,
  retrying,
  superseded,
  skipped,
  is_exact: true,
});

const queue = (name: string, waiting: number, age: number | null): Shape["Queue"] => ({
  name,
  is_dead_letters: name.endsWith("-dead-letters"),
  waiting,
  in_flight: name.endsWith("letters") ? 0 : Math.min(2, waiting),
  delayed: 0,
  oldest_age_s: age,
});

const platform = (id: string, name: string, open: boolean, hour: Shape["StatusCounts"], day: Shape["StatusCounts"]): Shape["PlatformSummary"] => ({
  id,
  name,
  enabled: true,
  unreadable: "",
  breaker: breaker(open ? "HTTP 503" : ""),
  last_success_at: ago(open ? 310 : 4),
  last_hour: hour,
  last_day: day,
});

const breaker = (reason: string, wants_money = false): Shape["Breaker"] => ({
  state: reason ? "open" : "closed",
  opened_at: reason ? ago(260) : null,
  reason,
  wants_money,
  quiet_until: null,
});

export const summary: Shape["Summary"] = {
  at: ago(0),
  queues: [
    queue("ingest", 3, 4),
    queue("push", 41, 68),
    queue("ai", 0, 0),
    queue("analysis", 6, 35),
    queue("ingest-dead-letters", 0, 0),
    queue("rule-dead-letters", 0, 0),
    queue("push-dead-letters", 2, 5400),
    queue("ai-dead-letters", 0, 0),
    queue("analysis-dead-letters", 0, 0),
    queue("invocation-dead-letters", 0, 0),
  ],
  dead_letters: 2,
  rule_gaps: [],
  platforms: [
    platform("jz", "金智待办中心", false, counts(1284, 7, 12, 96, 31), counts(21480, 46, 12, 1733, 402)),
    platform("portal", "融合门户待办", true, counts(310, 2, 58, 20, 4), counts(8120, 9, 58, 640, 77)),
  ],
  ai_platforms: [
    { id: "aigc", name: "校园 AIGC 平台", enabled: true, unreadable: "", breaker: breaker(""), last_success_at: ago(90) },
    { id: "qwen", name: odd("通义千问"), enabled: true, unreadable: "", breaker: breaker(""), last_success_at: ago(700) },
    { id: "spare-model", name: "", enabled: true, unreadable: "", breaker: breaker(odd("Arrearage"), true), last_success_at: ago(5000) },
  ],
  last_hour: counts(1594, 9, 70, 116, 35),
  last_day: counts(29600, 55, 70, 2373, 479),
  rejected_events: { count: 3, is_exact: true },
  skipped_events: { count: 12, is_exact: true },
  ai_questions: { day: "2026-11-28", asked: 412, cost: 3.2, limit: 2000, cost_limit: 0, reached: "" },
};

const REASONS = ["", "收件人 u20231107 不存在", "HTTP 503", "event ev-9 is newer", HOSTILE];
const STATUSES = ["succeeded", "failed", "retrying", "superseded", "failed"] as const;
const ACTIONS = ["task_received", "task_completed", "instance_deleted", "task_received", "instance_completed"];

export function log(index: number): Shape["PushLogRow"] {
  const kind = index % STATUSES.length;
  const status = STATUSES[kind] ?? "succeeded";
  return {
    id: `jz:ev-${index}`,
    event_id: `ev-2026112${index % 9}-${String(index).padStart(5, "0")}`,
    platform_id: index % 3 ? "jz" : "portal",
    sess_id: `P-${1000 + (index % 40)}`,
    app_id: "leave",
    action: ACTIONS[kind] ?? "",
    sequence: index,
    status,
    occurred_at: ago(index * 37 + 2),
    received_at: ago(index * 37),
    updated_at: ago(index * 36),
    entries: [
      {
        task_id: `T-${index}`,
        status,
        operation: "insert_task",
        reason: REASONS[kind] ?? "",
        attempts: 1 + (index % 4),
        errcode: status === "failed" ? "50001" : "",
        failed_at: status === "failed" ? ago(index * 36) : null,
        settled_at: status === "succeeded" ? ago(index * 36) : null,
      },
    ],
    shared_with: [],
    notes: [],
  };
}

export function detail(id: string): Shape["PushLogDetail"] {
  const index = Number(/\d+$/.exec(id)?.[0] ?? 1);
  const call = (seconds: number, status: number | null, error: string) => ({
    at: ago(seconds),
    operation: "insert_task",
    task_id: `T-${index}`,
    method: "POST",
    path: "/mdbl-api/v1/open/tasks",
    request: JSON.stringify({ appId: "taskbridge", access_token: "********", tasks: [{ taskId: `T-${index}`, title: "请假审批：张三 3 天", receivers: ["u20231107"] }] }),
    status,
    response: status === null ? "" : JSON.stringify({ errcode: 50001, errmsg: PICTURES ? "收件人 u20231107 不存在" : HOSTILE }),
    duration_ms: 184,
    error,
  });
  return { ...log(index), attempts: [call(20, 200, "50001"), call(95, null, "timed out after 10 s")] };
}

export const causes: Shape["FailureCauses"] = {
  items: [
    { platform_id: "jz", errcode: "50001", reason: "收件人 … 不存在", count: 31, first: ago(70_000), last: ago(120), example: "jz:ev-1" },
    { platform_id: "portal", errcode: "", reason: "connected, but no whole answer within … s: too slow", count: 9, first: ago(9_000), last: ago(260), example: "portal:ev-6" },
    { platform_id: "jz", errcode: "40013", reason: HOSTILE + LONG, count: 2, first: ago(9_000), last: ago(8_000), example: "jz:ev-4" },
  ],
  next_cursor: null,
  is_exact: true,
};

const replay = (id: string, status: "running" | "done" | "stopped", count: number, done: number): Shape["Replay"] => ({
  id,
  kind: "replay",
  status,
  platform_ids: ["jz"],
  log_status: "failed",
  app_id: null,
  sess_id: null,
  task_id: null,
  errcode: id === "0003" ? "50001" : null,
  cause: id === "0003" ? HOSTILE : null,
  from: ago(86_400),
  to: ago(60),
  rate_per_s: 50,
  count,
  count_is_exact: true,
  looked_at: done,
  sent: Math.floor(done * 0.96),
  left_out: done - Math.floor(done * 0.96),
  created_by: "ops",
  created_at: ago(900),
  updated_at: ago(5),
  finished_at: status === "running" ? null : ago(30),
  reason: "收件人账号已补建，重新推送",
});

export const replays = {
  items: [replay("0001", "running", 4200, 1830), replay("0002", "done", 46, 46), replay("0003", "stopped", 900, 310)],
  next_cursor: null,
};

export const planned: Shape["Replay"] = { ...replay("0004", "running", 46, 0), id: null, status: "dry_run" };

export const rejected = {
  items: [1, 2, 3].map((index): Shape["RejectedEvent"] => ({
    id: `bad-${index}`,
    event_id: `bad-${index}`,
    reason: index === 3 ? HOSTILE + LONG : "occurred_at: invalid RFC3339 encoded datetime, got '昨天'",
    received_at: ago(index * 600),
    replayed_at: index === 2 ? ago(60) : null,
    replayed_by: index === 2 ? "ops" : null,
    body: JSON.stringify({ source: "htd.process", "detail-type": "process.trigger", detail: { id: `bad-${index}`, occurred_at: "昨天", title: odd("张三的请假申请") + LONG } }),
  })),
  next_cursor: null,
};
