import type { components } from "../../../src/api/schema";
import type { Answers } from "../api";
import { ago, LONG, odd } from "../data";
import { keptDocument, staleRule } from "./learning";

type Shape = components["schemas"];

const RULE = "1. 单笔报销金额不超过 5000 元\n2. 须附发票原件，发票合计等于报销金额\n3. 出差事由与行程一致";
const CLAUSES = RULE.split("\n");
const NODE = { app_id: "expense", app_name: "费用报销", node_id: "n-finance", node_key: "finance", node_name: "财务审核", path: "expense/n-finance" };
const check = (clause: string, expression: string, confirmed: boolean): Shape["Check"] => ({ clause, expression, confirmed, covers: confirmed });

const nodeDefault: Shape["NodeDefault"] = {
  app_id: NODE.app_id,
  node_id: NODE.node_id,
  path: NODE.path,
  node_key: NODE.node_key,
  node_name: NODE.node_name,
  rule: `报销金额不超过 3000 元；附发票；${odd("事由与行程一致")}`,
  clauses: ["报销金额不超过 3000 元", "附发票", odd("事由与行程一致")],
  keynote: "看清金额",
  file_key: ["invoices"],
  checks: [],
  enabled: true,
  auto_analysis: true,
  version: 7,
  document: null,
  stale: null,
};

export function ownRule(version: number, rule = RULE): Shape["OwnRule"] {
  return {
    app_id: NODE.app_id,
    node_id: NODE.node_id,
    path: NODE.path,
    node_key: NODE.node_key,
    node_name: NODE.node_name,
    rule,
    clauses: rule.split("\n"),
    keynote: "先看「报销金额」与发票合计",
    file_key: ["invoices", "gone_field"],
    checks: [check(CLAUSES[0] ?? "", "amount <= 5000", true), check("早已删去的条款", `title.contains("${"长".repeat(60)}")`, false)],
    status: true,
    auto_analysis: 1,
    version,
    document: keptDocument,
    stale: staleRule,
  };
}

const listed = (changes: Partial<Shape["ListedRule"]>): Shape["ListedRule"] => ({ ...ownRule(4), app_name: "费用报销", default: nodeDefault, ...changes });
const rules = [
  listed({}),
  listed({ app_name: "请假申请", node_name: "院系审批", path: "leave/n-dept", rule: "", checks: [], auto_analysis: 0, version: 1, default: null }),
  listed({ app_name: odd("用印申请"), node_name: odd("部门负责人审批"), path: "x/~aG9zdGlsZQ", rule: odd("用印事由清楚，附合同") + LONG, status: false, auto_analysis: 2, version: 12 }),
];

const field = (key: string, label: string, type: string, column_of = ""): Shape["RuleField"] => ({ key, label, type, column_of });
const node: Shape["RuleNode"] = {
  ...NODE,
  default: nodeDefault,
  open_count: 12,
  rule_updated_at: ago(3_600),
  fields: [
    field("title", "报销事由", "text"),
    field("amount", "报销金额", "number"),
    field("出差日期", "出差日期", "period"),
    field("invoices", "发票", "count"),
    field("items", "费用明细", "rows"),
    field("price", "金额", "number", "items"),
    field("scan", "票据扫描件", "count", "items"),
    field("hostile", odd("同行人"), "text"),
  ],
};

const usage = (tokens: number): Shape["Usage"] => ({ input_tokens: tokens, output_tokens: Math.round(tokens / 6), cost: tokens / 400_000 });

const trial = (
  index: number,
  verdict_then: Shape["Trial"]["verdict_then"],
  verdict_now: Shape["Trial"]["verdict_now"],
  decision: string | null,
): Shape["Trial"] => ({
  task_id: `T-${index}`,
  subject: index === 3 ? odd("差旅费报销：杭州会议") : `差旅费报销：第 ${index} 次`,
  decision,
  verdict_then,
  verdict_now,
  summary: index === 3 ? odd("发票合计与报销金额一致。") : "金额与发票合计一致，未超过限额。",
  downgraded: verdict_now === "needs_human" ? "附件 2 无法读取" : null,
  findings: [{ clause: index === 3 ? odd("须附发票原件") : (CLAUSES[0] ?? ""), result: "pass", reason: "报销金额 = 4800", origin: "computed" }],
  usage: usage(2_400 + index),
  problem: "",
});

export const trials = [
  trial(1, "reject", "approve", "approved"),
  trial(2, "approve", "approve", "approved"),
  trial(3, "needs_human", "reject", "approved"),
  trial(4, null, "needs_human", "returned"),
];

export function job(kind: Shape["Job"]["kind"], status: Shape["Job"]["status"], done: number): Shape["Job"] {
  return {
    id: status === "estimated" ? null : `job-${kind}`,
    kind,
    status,
    app_id: NODE.app_id,
    node_id: NODE.node_id,
    tasks: kind === "dry_run" ? trials.length : 20,
    estimate: usage(9_800),
    usage: usage(2_400 * done),
    trials: kind === "dry_run" ? trials.slice(0, done) : [],
    checks:
      kind === "propose_checks"
        ? [
            { clause: CLAUSES[1] ?? "", expression: "sum(invoices) == amount", passed: 17, failed: 2, unknown: 1, reasons: { fail: "报销金额 = 5200", unknown: odd("发票没有读出金额") } },
            { clause: CLAUSES[0] ?? "", expression: "amount <= 5000 && amount > 0", passed: 20, failed: 0, unknown: 0, reasons: {} },
          ]
        : [],
    dropped: kind === "propose_checks" ? [{ clause: odd("须经院长签字"), expression: "nothing <= 1", reason: "表单中没有字段 nothing" }] : [],
    document: null,
    reason: "",
    created_at: ago(30),
    finished_at: status === "done" ? ago(2) : null,
  };
}

const rated = (decided: number, agreed: number): Shape["Agreement"] => {
  const isHidden = decided < 30;
  const rate = agreed / decided;
  const shown = { decided, agreed, rate, low: Math.max(0, rate - 0.09), high: Math.min(1, rate + 0.06), false_approvals: 2, abstained: 11 };
  const none = { decided: null, agreed: null, rate: null, low: null, high: null, false_approvals: null, abstained: null };
  return { app_id: NODE.app_id, node_id: NODE.node_id, of_everyone: false, hidden: isHidden, needed: 30, ...(isHidden ? none : shown) };
};

export const nodeAgreements = [
  { ...NODE, agreement: rated(184, 171) },
  { ...NODE, path: "leave/n-dept", app_name: "请假申请", node_id: "n-dept", node_name: "院系审批", agreement: rated(46, 31) },
  { ...NODE, path: "x/~aG9zdGlsZQ", app_name: odd("用印申请"), node_name: odd("部门负责人审批"), agreement: rated(4, 4) },
];

const clause = (text: string, decided: number, agreed: number): Shape["ClauseAgreement"] => {
  const { hidden, needed, rate, low, high } = rated(decided, agreed);
  const none = { decided: null, agreed: null, false_passes: null, false_failures: null, unknown: null };
  const counts = hidden ? none : { decided, agreed, false_passes: 3, false_failures: 1, unknown: 6 };
  return { clause: text, hidden, needed, rate, low, high, ...counts };
};

const entry = (index: number): Shape["AuditEntry"] => ({
  id: `q-${index}`,
  at: ago(index * 340),
  uid: "20150123",
  task_id: `T-${index}`,
  sess_id: `P-${index}`,
  app_id: NODE.app_id,
  node_id: NODE.node_id,
  analysis_id: `a-${index}`,
  outcome: ["answered", "answered", "failed", "unreadable", "refused", "late"][index % 6] ?? "answered",
  kind: ["review", "second_look", "question"][index % 3] ?? "review",
  fingerprint: "5f2c9e7d1b",
  rule_version: "custom-4",
  template_version: "5",
  platform_id: "aigc",
  model: "qwen-plus",
  files: [{ name: index === 1 ? odd("发票（补）.pdf") : "发票.pdf", sha256: "ab12cd34ef567890ab12", size: 20_480, file_id: "f-1" }],
  question: index === 1 ? `规则：${odd("单笔报销金额不超过 5000 元")}${LONG}\n申请人电话：[电话1]` : "规则：单笔报销金额不超过 5000 元",
  answer: JSON.stringify({ verdict: "approve", summary: index === 1 ? odd("符合") : "符合" }),
  usage: usage(1_800 + index),
  latency_ms: 5_400 + index * 17,
  error: index % 6 === 2 ? odd("HTTP 503") : "",
  requested_by: "20150123",
  decision: index % 2 ? "approved" : null,
});
export const entries = Array.from({ length: 40 }, (_, index) => entry(index));
/** The address of the entry that is hostile in each place. */
export const ENTRY_KEY = encodeURIComponent(JSON.stringify([entries[1]?.task_id, entries[1]?.at, entries[1]?.id]));

const AT = "/v1/ai/rules/*/*";
const page = <T>(items: readonly T[]) => ({ items, next_cursor: null });

/** Rules, drafts, agreement and the audit log. */
export const aiRules: Answers = {
  "GET /v1/ai/rules": () => page(rules),
  "GET /v1/ai/rule-updates": () =>
    page([
      { ...NODE, rule_version: "default-7", updated_at: ago(3_600) },
      { ...NODE, path: "leave/n-dept", node_name: odd("院系审批"), app_name: "请假申请", rule_version: "", updated_at: ago(90_000) },
    ]),
  "GET /v1/ai/recommendations": () =>
    page([
      { ...NODE, path: "seal/n-1", app_name: "用印申请", node_name: "校办审核", decided: 46, open_count: 3 },
      { ...NODE, path: "seal/n-2", app_name: odd("用印申请"), node_name: odd("部门负责人审批"), decided: 8, open_count: 0 },
    ]),
  "DELETE /v1/ai/recommendations/*/*": (route) => void route.fulfill({ status: 204 }),
  "DELETE /v1/ai/rule-updates": (route) => void route.fulfill({ status: 204 }),
  [`GET ${AT}`]: () => ownRule(4),
  [`GET ${AT}/node`]: () => node,
  [`PUT ${AT}`]: (route) => ({ ...ownRule(5), ...(route.request().postDataJSON() as object), version: 5 }),
  [`DELETE ${AT}`]: (route) => void route.fulfill({ status: 204 }),
  [`GET ${AT}/versions`]: () => page([ownRule(4), ownRule(3, `单笔报销金额不超过 4000 元\n${odd("须附发票原件")}`), ownRule(2, "金额不超过 3000 元")]),
  [`POST ${AT}/versions/*/restore`]: () => ownRule(5),
  "POST /v1/ai/clauses": (route) => ({ clauses: (route.request().postDataJSON() as { rule: string }).rule.split("\n").filter(Boolean) }),
  [`POST ${AT}/try-checks`]: (route) => {
    const [tried] = (route.request().postDataJSON() as { checks: Shape["Check"][] }).checks;
    return { checks: [{ clause: tried?.clause, expression: tried?.expression, passed: 18, failed: 2, unknown: 0, reasons: { fail: `报销金额 = 5200 ${odd("")}` } }], tasks: 20 };
  },
  [`POST ${AT}/propose-checks`]: () => job("propose_checks", "running", 0),
  [`POST ${AT}/dry-run`]: (route) => job("dry_run", (route.request().postDataJSON() as { estimate_only: boolean }).estimate_only ? "estimated" : "running", 0),
  "GET /v1/ai/jobs/job-propose_checks": () => job("propose_checks", "done", 1),
  "GET /v1/ai/jobs/job-dry_run": () => job("dry_run", "done", trials.length),
  "DELETE /v1/ai/jobs/*": () => job("dry_run", "stopped", 2),
  "GET /v1/ai/agreement": () => ({ ...rated(234, 206), app_id: null, node_id: null }),
  "GET /v1/ai/agreement/nodes": () => page(nodeAgreements),
  "GET /v1/ai/agreement/nodes/*/*/clauses": () => ({
    items: [clause(CLAUSES[0] ?? "", 176, 168), clause(CLAUSES[1] ?? "", 98, 74), clause(odd("出差事由与行程一致"), 3, 3)],
    of_everyone: false,
    looked_at: 184,
  }),
  "GET /v1/ai/audit": (_route, url) => page(entries.filter((each) => [null, each.task_id].includes(url.searchParams.get("task_id")))),
};
