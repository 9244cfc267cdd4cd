import type { Route } from "@playwright/test";
import type { components } from "../../../src/api/schema";
import type { Answers } from "../api";
import { HOSTILE, odd } from "../data";

type Shape = components["schemas"];
const MASK = "********";
const words = (zh: string, en: string) => ({ zh, en });
const part = (type: string, group: string, zh: string, en: string, more: object = {}) => ({ type, group, label: words(zh, en), ...more });
const ask = { ask: words("请向金智确认", "ask JinZhi (金智)") };
const codes = { items: { type: "string" }, format: "codes", widget: "tags" };

const jinzhi: Shape["PlatformType"] = {
  name: "JinZhiTaskCenter",
  title: words("金智任务中心", "JinZhi task center"),
  category: "task_center",
  capabilities: ["insert_task"],
  limits: {},
  settings: {
    type: "object",
    required: ["host", "app_id", "scene_code", "app_secret"],
    properties: {
      host: part("string", "connection", "网关地址", "Gateway address", {
        help: words("只写协议和域名，不带路径。", "Scheme and name only, no path."),
        format: "origin",
        examples: ["https://gateway.school.edu.cn"],
      }),
      app_id: part("string", "connection", "应用 ID", "App id"),
      app_secret: part("string", "connection", "应用密钥", "App secret", { secret: true, writeOnly: true, widget: "password" }),
      scene_code: part("string", "scene", "业务场景编码", "Scene code (sceneCode)", ask),
      success_codes: part("array", "codes", "成功码", "Success codes", { ...codes, default: ["0"] }),
      retry_codes: part("array", "codes", "可重试码", "Retry codes", { ...codes, ...ask, default: [] }),
      task_type: { ...part("string", "codes", "任务类型", "taskType", { ...ask, default: 3 }), type: ["integer", "string"] },
      priority_map: part("object", "codes", "优先级映射", "Priorities", {
        ...ask,
        default: { "1": 1 },
        properties: { "1": { type: ["integer", "string"], label: words("特急", "Very urgent"), default: 1 } },
      }),
      timeout_s: part("number", "limits", "超时（秒）", "Timeout (seconds)", { exclusiveMinimum: 0, maximum: 30, default: 10.0 }),
      task_path: part("string", "connection", "任务新增或更新路径", "Task path", { format: "path", default: "/casp-tdc/task/saveOrUpdate" }),
    },
  },
};

const openai: Shape["PlatformType"] = {
  name: "OpenAICompatible",
  title: words("OpenAI 兼容接口", "OpenAI-compatible API"),
  category: "ai",
  capabilities: ["ask"],
  limits: {},
  settings: {
    type: "object",
    required: ["model", "base_url", "api_key"],
    properties: {
      model: part("string", "models", "默认模型", "Model", { minLength: 1 }),
      base_url: part("string", "connection", "接口地址", "Base URL", { format: "base-url" }),
      api_key: part("string", "connection", "API 密钥", "API key", { secret: true, writeOnly: true }),
      upload_files: { group: "files", label: words("上传附件", "Files to upload"), enum: ["all", "none", "scans"], default: "none" },
      models: part("array", "models", "模型参数", "What the models can do", {
        default: [],
        items: {
          type: "object",
          required: ["model"],
          properties: {
            model: { type: "string", label: words("模型", "Model") },
            streams: { type: "boolean", label: words("支持流式输出", "Streams its answers"), default: true },
          },
        },
      }),
      extra_body: part("object", "models", "附加请求参数", "More fields of a request", { default: {} }),
    },
  },
};

export const settings = { host: "https://gateway.school.edu.cn", app_id: "taskbridge", app_secret: MASK, scene_code: odd("campus_todo"), success_codes: ["0", "ok"] };

export function platform(changed: Partial<Shape["Platform"]> = {}): Shape["Platform"] {
  return {
    id: "jz",
    name: "金智待办中心",
    class_name: "JinZhiTaskCenter",
    category: "task_center",
    enabled: true,
    draining: false,
    settings,
    version: 3,
    unreadable: "",
    ...changed,
  };
}

const platforms = [
  platform(),
  platform({ id: "portal", name: odd("融合门户待办"), enabled: false }),
  platform({ id: "old", name: "旧待办中心", draining: true }),
  platform({ id: "broken", name: "", settings: {}, unreadable: `JSONDecodeError: ${HOSTILE}` }),
  platform({
    id: "qwen",
    name: "通义千问",
    class_name: "OpenAICompatible",
    category: "ai",
    settings: { base_url: "https://ai.school.edu.cn/v1", model: "qwen-plus", api_key: MASK, models: [{ model: odd("qwen-max"), streams: false }], extra_body: { enable_thinking: false } },
  }),
];

export const removal: Shape["Removal"] = {
  rules: [],
  in_ai_settings: false,
  waiting: { parked: 0, queued: false },
  enabled: true,
  draining: false,
  version: 3,
};

export const passed: Shape["PlatformTest"] = {
  ok: true,
  cause: "ok",
  message: "a token was fetched, 182 ms",
  status: 200,
  errcode: "",
  duration_ms: 182,
  opened_by: "newest",
  tried: ["address", "secret"],
  untried: ["push"],
  flaw: null,
};
export const refused: Shape["PlatformTest"] = { ...passed, ok: false, cause: "wrong_secret", message: HOSTILE, errcode: "40001", opened_by: null };

const PUSHED = ["task_received", "task_completed", "task_aborted", "approver_changed", "instance_completed", "instance_started_and_ended"] as const;

export const rules: Shape["TriggerRule"][] = [
  { id: "leave", name: "请假只推金智", enabled: true, actions: ["task_received"], app_ids: ["leave"], targets: ["push:jz", "ai"], version: 2, unreadable: "" },
  { id: "hostile", name: odd("用印申请只推门户"), enabled: false, actions: [], app_ids: [odd("seal").slice(0, 150)], targets: ["push:*"], version: 1, unreadable: "" },
  { id: "broken", name: "", enabled: false, actions: [], app_ids: [], targets: [], version: 1, unreadable: HOSTILE },
];

const flow = (target: string, actions: readonly string[], app_ids: string[] = [], except_app_ids: string[] = []): Shape["Flow"] => ({
  target,
  actions: [...actions],
  app_ids,
  except_app_ids,
});

export const now: Shape["RulePreview"] = {
  targets: ["push:jz", "push:portal", "ai"],
  flows: [flow("push:jz", ["task_received"], ["leave", odd("seal").slice(0, 120)]), flow("push:jz", PUSHED.slice(1)), flow("ai", ["task_received", "node_published"])],
  lost: [],
  gained: [],
  gaps: ["no enabled trigger rule sends anything to portal"],
};
export const losing: Shape["RulePreview"] = {
  ...now,
  lost: [flow("push:jz", PUSHED.slice(1)), flow("push:jz", ["task_received"], [], ["leave"]), flow("ai", ["node_published"])],
};

const one = (path: string) => platforms.find((each) => each.id === path.split("/")[3]) ?? platform();
const changesRules = (route: Route) => Object.keys((route.request().postDataJSON() ?? {}) as object).length > 0;

export const setup: Answers = {
  "GET /v1/platform-types": () => ({ items: [jinzhi, openai], next_cursor: null }),
  "GET /v1/platforms": () => ({ items: platforms, next_cursor: null }),
  "GET /v1/platforms/*": (_route, url) => one(url.pathname),
  "GET /v1/platforms/*/removal": () => ({ ...removal, waiting: { parked: 3, queued: true } }),
  "POST /v1/platforms/*/test": () => refused,
  "GET /v1/trigger-rules": () => ({ items: rules, next_cursor: null }),
  "POST /v1/trigger-rules/preview": (route) => (changesRules(route) ? losing : now),
};
