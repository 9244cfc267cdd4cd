import type { Route } from "@playwright/test";
import type { components } from "../../../src/api/schema";
import type { Answers } from "../api";
import { ago, HOSTILE, LONG, odd, PICTURES } from "../data";

type Shape = components["schemas"];
const PAGE_TEXT = `海淀医院 诊断证明书\n姓名：张三　性别：男\n诊断：急性支气管炎\n处理意见：建议休息 3 天（2026-11-23 至 2026-11-25）\n医师签名：李医生\n${odd("")}`;

const rule: Shape["EffectiveRule"] = {
  app_id: "leave",
  node_id: "counselor",
  path: "leave/counselor",
  node_key: "counselor",
  node_name: "辅导员审批",
  rule: "1. 请假不超过 3 天\n2. 有医院证明，且与请假日期一致\n3. 事由真实",
  clauses: ["1. 请假不超过 3 天", "2. 有医院证明，且与请假日期一致", "3. 事由真实"],
  keynote: "",
  file_key: ["proof"],
  checks: [{ clause: "1. 请假不超过 3 天", expression: "leave.days <= 3", confirmed: true, covers: true }],
  status: true,
  auto_analysis: true,
  source: "custom",
  version: "custom-3",
};

const evidence = (source: string, quote: string, more: Partial<Shape["Evidence"]> = {}): Shape["Evidence"] => ({
  source,
  page: null,
  quote,
  verified: true,
  passage: "",
  ...more,
});

export const findings: Shape["Finding"][] = [
  { clause: "1. 请假不超过 3 天", result: "pass", number: 1, covers: true, reason: "leave.days = 3", evidence: [], origin: "computed" },
  { clause: "1. 请假不超过 3 天", result: "pass", number: 1, covers: false, reason: "表单写明请假 3 天。", evidence: [evidence("leave", "共 3 天")], origin: "model" },
  {
    clause: "2. 有医院证明，且与请假日期一致",
    result: "pass",
    number: 2,
    covers: false,
    reason: "证明上的休息日期与请假日期一致。",
    evidence: [
      evidence("附件1.pdf", "建议休息3天(2026-11-23至2026-11-25)", { page: 1, passage: PAGE_TEXT }),
      evidence("leave", "2026-11-23 至 2026-11-25"),
    ],
    origin: "model",
  },
  {
    clause: "3. 事由真实",
    result: "unknown",
    number: 3,
    covers: false,
    reason: `${odd("表单说家长已确认，没有附说明。")}（引文未能在材料中核实）`,
    evidence: [evidence("reason", "家长已电话确认", { verified: false }), evidence("reason", odd("急性支气管炎，需要休息。"))],
    origin: "model",
  },
];

export const result = (status: Shape["AnalysisStatus"], verdict: Shape["Verdict"] | null, more: Partial<Shape["Result"]> = {}): Shape["Result"] => ({
  id: "a-1",
  task_id: "T-1",
  app_id: "leave",
  node_id: "counselor",
  status,
  verdict,
  summary: verdict ? "请假 3 天，附医院证明，日期一致；事由无法核实。" : "",
  text: verdict ? `先看请假天数：表单写明 3 天，没有超过规则的上限。\n\n再看证明：${odd("休息日期与请假日期一致。")}${LONG}` : "",
  findings: verdict ? findings : [],
  downgraded: verdict === "needs_human" ? "第 3 条没有依据：引文未能在材料中核实" : null,
  rule_version: "custom-3",
  fingerprint: "f-1",
  platform_id: "qwen",
  model: verdict ? "qwen-plus" : "",
  usage: { input_tokens: verdict ? 4210 : 0, output_tokens: verdict ? 612 : 0, cost: verdict ? 0.0123 : 0 },
  decision: null,
  feedback: null,
  notes: verdict ? [`附件「附件1.pdf」第 2 页是扫描图片，没有读出文字`, odd("表单里的联系电话没有填写")] : [],
  reason: status === "failed" ? `AI 平台没有回答：${odd("30 秒内没有第一个字")}` : "",
  created_at: ago(90),
  finished_at: verdict ? ago(60) : null,
  ...more,
});

const form: Shape["Form"] = {
  fields: [
    { key: "name", label: "申请人", type: "user", text: "张三（2023110107）" },
    { key: "leave", label: "请假时间", type: "date_range", text: "2026-11-23 至 2026-11-25（共 3 天）" },
    { key: "reason", label: odd("请假事由"), type: "textarea", text: `急性支气管炎，需要休息。${odd("家长已知晓。")}\n${LONG}` },
    { key: "trips", label: "行程", type: "table", text: "日期 | 地点\n2026-11-23 | 海淀医院\n2026-11-24 | 宿舍" },
    { key: "proof", label: "证明材料", type: "file", text: "诊断证明.pdf、行程单.pdf" },
  ],
  attachments: [
    { field_key: "proof", label: "证明材料", name: "诊断证明.pdf", size: 184_320, mime: "application/pdf", number: 1 },
    { field_key: "other", label: "其他材料", name: `${odd("行程单")}${LONG}.pdf`, size: null, mime: "application/pdf", number: null },
  ],
  notices: PICTURES ? [] : ["请假天数与起止日期不一致"],
};

const STATES: readonly Partial<Shape["Task"]>[] = [
  { result: result("done", "needs_human") },
  { result: result("done", "reject"), priority: 1 },
  { result: result("done", "approve"), priority: 2 },
  { result: result("running", null) },
  { result: result("failed", null) },
  { result: null },
  { result: null, rule: null },
];

export function task(id: string, index = 0, more: Partial<Shape["Task"]> = {}): Shape["Task"] {
  return {
    id,
    task_id: id,
    sess_id: "P-1",
    app_id: "leave",
    app_name: "请假申请",
    node_id: "counselor",
    node_key: "counselor",
    node_name: "辅导员审批",
    subject: index % 9 === 3 ? odd("李四的请假申请") : `张三的请假申请（${index + 1}）`,
    initiator: "张三",
    priority: 3,
    status: "open",
    decision: null,
    created_at: ago(400 + index * 1700),
    finished_at: null,
    rule,
    result: result("done", "needs_human"),
    ...STATES[index % STATES.length],
    ...more,
  };
}

export function detail(id: string, shown: Shape["Result"] | null, more: Partial<Shape["TaskDetail"]> = {}): Shape["TaskDetail"] {
  const { result: _, ...facts } = task(id, 0, { subject: PICTURES ? "张三的请假申请" : `张三的请假申请 🎓 ${HOSTILE}` });
  return { ...facts, link: "https://ehall.school.edu.cn/todo/T-1", form, results: shown ? [shown] : [], ...more };
}

/** The bytes of a stream's response. */
export function events(...each: readonly { name: string; id: string; data: unknown }[]): string {
  return `retry: 400\n${each.map((one) => `event: ${one.name}\ndata: ${JSON.stringify(one.data)}\nid: ${one.id}\n\n`).join("")}`;
}

export const delta = (number: number, text: string) => ({ name: "delta", id: `00000000-${number}`, data: { number, text } });

export const stream = (route: Route, body: string) => void route.fulfill({ status: body ? 200 : 204, contentType: "text/event-stream", body });

const DETAILS: Readonly<Record<string, Shape["TaskDetail"]>> = {
  "T-done": detail("T-done", result("done", "needs_human")),
  "T-stream": detail("T-stream", result("running", null, { id: "a-stream" })),
  "T-failed": detail("T-failed", result("failed", null)),
  "T-over": detail("T-over", result("processed", "approve", { decision: "approved", feedback: { tag: "useful", comment: odd("结论有帮助") } }), { status: "done", link: null, form: null }),
};

export const approvals: Answers = {
  "GET /v1/ai/tasks": () => ({ items: Array.from({ length: 24 }, (_, index) => task(`T-${index}`, index)), next_cursor: null }),
  "GET /v1/ai/tasks/*": (route, url) => {
    const found = DETAILS[decodeURIComponent(url.pathname.split("/").at(-1) ?? "")];
    if (!found) void route.fulfill({ status: 404, json: { code: "not_found", detail: "The task is not there." } });
    return found;
  },
  "GET /v1/ai/count": () => ({ count: 24 }),
  "GET /v1/ai/analyses/*/stream": (route) => stream(route, events(delta(1, "先看请假天数：表单写明 3 天。"), delta(2, odd("再看证明：休息日期与请假日期")))),
};
