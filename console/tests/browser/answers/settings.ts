import type { Route } from "@playwright/test";
import type { components } from "../../../src/api/schema";
import { ago, HOSTILE, PICTURES } from "../data";

type Shape = components["schemas"];
/** Text of others where it may be anything; in pictures what usually stands there. */
const others = (usual: string, length = HOSTILE.length) => (PICTURES ? usual : HOSTILE.slice(0, length));

export const aiSettings: Shape["AiSettings"] = {
  examine_enable: true,
  examine_default_all_apps: false,
  default_app_ids: ["leave", "expense", others("research", 120)],
  platform_id: PICTURES ? "qwen" : "aigc",
  model: "qwen-plus",
  fallbacks: [{ platform_id: PICTURES ? "qwen" : "gone", model: others("qwen3-235b", 60) }],
  masking: true,
  mask_names: false,
  second_look: "approves",
  retention_days: 180,
  attachment_hosts: ["files.school.edu.cn"],
  daily_person: 200,
  daily_node: 2000,
  daily_total: 20_000,
  daily_cost: 50,
  nightly_flips: 40,
  version: 7,
};

const aiPlatform = (id: string, name: string, enabled: boolean): Shape["Platform"] => ({
  id,
  name,
  class_name: "Aigc",
  category: "ai",
  enabled,
  draining: false,
  settings: {},
  version: 1,
  unreadable: "",
});

const NAMES = ["院系审批", "财务审核", "人事处审批"];

export function node(index: number): Shape["NodeDefault"] {
  const isBare = index % 4 === 3;
  const check = (confirmed: boolean) => ({ clause: "请假不超过 3 天", expression: "leave.days <= 3", confirmed, covers: confirmed });
  return {
    app_id: index % 2 ? "expense" : "leave",
    node_id: `n${index}`,
    path: `${index % 2 ? "expense" : "leave"}/n${index}`,
    node_key: "dept",
    node_name: index === 2 && !PICTURES ? HOSTILE : `${NAMES[index % NAMES.length]} ${index}`,
    rule: isBare ? "" : index === 2 && !PICTURES ? HOSTILE : "请假不超过 3 天\n附证明材料",
    clauses: isBare ? [] : ["请假不超过 3 天", "附证明材料"],
    keynote: isBare ? "" : "看起止日期",
    file_key: isBare ? [] : ["proof"],
    checks: isBare ? [] : index === 2 && !PICTURES ? [{ ...check(false), clause: HOSTILE, expression: HOSTILE }] : [check(true), check(false)],
    enabled: index % 5 !== 4,
    auto_analysis: index % 3 === 0,
    version: 3,
    document: null,
    stale: null,
  };
}

export const proposal: Shape["Job"] = {
  id: "job-1",
  kind: "propose_checks",
  status: "done",
  app_id: "leave",
  node_id: "n0",
  tasks: 5,
  estimate: { input_tokens: 10, output_tokens: 10, cost: 0 },
  usage: { input_tokens: 10, output_tokens: 10, cost: 0 },
  trials: [],
  checks: [{ clause: "附证明材料", expression: "size(proof) > 0", passed: 4, failed: 1, unknown: 0, reasons: {} }],
  dropped: [{ clause: others("看起止日期"), expression: others("dates_ok"), reason: "这一条在规则里没有" }],
  document: null,
  reason: "",
  created_at: ago(20),
  finished_at: ago(1),
};

const change = (id: string, who: string, subject: string, before: Shape["Change"]["before"], after: Shape["Change"]["after"]): Shape["Change"] => ({
  id,
  at: ago(60 * (1 + id.length)),
  who,
  subject,
  before,
  after,
});

const platform = { name: "金智待办中心", class_name: "JinZhiTaskCenter", enabled: true, settings: { host: "https://todo.school.edu.cn", app_secret: "********", scene_code: "old_scene" }, version: 3 };

export const changes = {
  items: [
    change("c-1", "admin", "platform/jz", platform, {
      ...platform,
      settings: { ...platform.settings, host: "https://todo2.school.edu.cn", scene_code: others("campus_todo") },
      version: 4,
    }),
    change("c-2", "李老师", "ai-settings", { ...aiSettings, daily_total: 10_000, version: 6 }, aiSettings),
    change("c-3", others("王老师", 80), "node/leave/~bi8xIGE", null, { rule: others("附证明材料"), enabled: true }),
    change("c-4", "10021", "own-rule/10021/leave/n1", { rule: "********", status: true }, { rule: "********", status: false }),
    change("c-5", "admin", "trigger-rule/r1", { name: "全部请假" }, null),
  ],
  next_cursor: null,
};

export const settingsAnswers = {
  "GET /v1/ai/settings": () => aiSettings,
  "PUT /v1/ai/settings": () => ({ ...aiSettings, version: aiSettings.version + 1 }),
  "GET /v1/platforms": () => ({ items: [aiPlatform("aigc", "校园 AIGC 平台", true), aiPlatform("qwen", "通义千问", false)], next_cursor: null }),
  "GET /v1/ai/nodes": () => ({ items: Array.from({ length: 40 }, (_, index) => node(index)), next_cursor: null }),
  "GET /v1/ai/nodes/*/*": (_route: unknown, url: URL) => node(Number(/n(\d+)$/.exec(url.pathname)?.[1] ?? 0)),
  "POST /v1/ai/clauses": (route: Route) => ({ clauses: String(route.request().postDataJSON().rule).split("\n") }),
  "GET /v1/changes": (_route: unknown, url: URL) => {
    const subject = url.searchParams.get("subject");
    return { ...changes, items: changes.items.filter((each) => !subject || each.subject === subject) };
  },
};
