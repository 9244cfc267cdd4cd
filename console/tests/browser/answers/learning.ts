import type { components } from "../../../src/api/schema";
import type { Answers } from "../api";
import { ago, odd } from "../data";

type Shape = components["schemas"];

const LIMIT = "单笔报销金额不超过 5000 元";
const SHA = "9f".repeat(32);
const clause = (text: string, sentence: string, page: number | null): Shape["DocumentClause"] => ({ clause: text, sentence, page });

export const keptDocument: Shape["RuleDocument"] = {
  name: `差旅费报销办法${odd("")}.pdf`,
  sha256: SHA,
  clauses: [clause(LIMIT, "第二条 单笔报销金额不得超过 5000 元。", 1), clause(odd("出差事由与行程一致"), odd("第四条 出差事由应当与行程一致。"), null)],
};

export const staleRule: Shape["StaleRule"] = {
  name: `差旅费报销办法（2027）${odd("")}.pdf`,
  sha256: SHA,
  at: ago(7_200),
  gone: [clause(LIMIT, "第二条 单笔报销金额不得超过 5000 元。", 1)],
};

export function reading(status: Shape["Job"]["status"]): Shape["Job"] {
  const isDone = status === "done";
  const found: Shape["DocumentReading"] = {
    name: `差旅费报销办法（2027）${odd("")}.pdf`,
    sha256: SHA,
    pages: 2,
    problem: isDone ? "第 2 页有图片，其中的文字未能读取" : "",
    portions: 1,
    asked: isDone ? 1 : 0,
    clauses: isDone
      ? [
          { clause: "单笔报销金额不超过 3000 元", sentence: "第二条 单笔报销金额不得超过 3000 元。", page: 1, is_new: true },
          { clause: "须附发票原件", sentence: "第三条 须附发票原件。", page: 2, is_new: false },
          { clause: odd("住宿费不超过标准"), sentence: odd("第五条 住宿费不得超过附表所列标准。"), page: 2, is_new: true },
        ]
      : [],
    dropped: isDone ? [{ clause: odd("须经院长签字"), sentence: odd("报销须经院长签字。"), page: 9, reason: "文件里没有这句原文" }] : [],
    changes: [
      { clause: LIMIT, sentence: "第二条 单笔报销金额不得超过 5000 元。", page: 1, state: "gone", page_now: null },
      { clause: odd("出差事由与行程一致"), sentence: odd("第四条 出差事由应当与行程一致。"), page: 1, state: "moved", page_now: 2 },
    ],
  };
  return {
    id: "job-read_document",
    kind: "read_document",
    status,
    app_id: "expense",
    node_id: "n-finance",
    tasks: 20,
    estimate: { input_tokens: 0, output_tokens: 0, cost: 0 },
    usage: { input_tokens: 3_100, output_tokens: 240, cost: 0.01 },
    trials: [],
    checks: isDone ? [{ clause: "单笔报销金额不超过 3000 元", expression: "amount <= 3000", passed: 14, failed: 5, unknown: 1, reasons: {} }] : [],
    dropped: [],
    document: found,
    reason: "",
    created_at: ago(20),
    finished_at: isDone ? ago(1) : null,
  };
}

const draft = (rule: string): Shape["RuleDraft"] => ({ rule, keynote: "看清金额", file_key: ["invoices", odd("receipts")], checks: [] });
const overrule = (changes: Partial<Shape["Overrule"]>): Shape["Overrule"] => ({
  clause: LIMIT,
  hidden: false,
  needed: 30,
  decided: 62,
  overruled: 21,
  rate: 0.339,
  low: 0.234,
  high: 0.463,
  failed: 26,
  approved_anyway: 20,
  passed: 36,
  refused_anyway: 1,
  unknown: null,
  suggestion: "loosen",
  draft: draft(`单笔报销金额不超过 5750 元\n须附发票原件\n${odd("出差事由与行程一致")}`),
  ...changes,
});
const none = { decided: null, overruled: null, rate: null, low: null, high: null, failed: null, approved_anyway: null, passed: null, refused_anyway: null };

const overrules: Shape["Overrules"] = {
  items: [
    overrule({}),
    overrule({ clause: odd("出差事由与行程一致"), hidden: true, ...none, unknown: 71, suggestion: "attach", draft: draft(odd("须附行程单")) }),
    overrule({ clause: "须附发票原件", hidden: true, ...none, suggestion: null, draft: null }),
  ],
  of_everyone: false,
  looked_at: 96,
};

const point = (assurance: Shape["CoveragePoint"]["assurance"], decided: number, wrong: number, wrong_approvals: number): Shape["CoveragePoint"] => {
  const risk = wrong / decided;
  const high = Math.min(1, risk + 0.08);
  return { assurance, coverage: decided / 120, decided, wrong, risk, low: Math.max(0, risk - 0.02), high, approved: Math.round(decided * 0.7), wrong_approvals, wrong_approvals_high: 0.06 };
};

const coverage: Shape["NodeCoverage"] = {
  items: [
    {
      platform_id: "qwen",
      model: "qwen-plus",
      hidden: false,
      needed: 30,
      forms: 120,
      points: [point("computed", 34, 0, 0), point("checked", 58, 1, 0), point("quoted", 91, 4, 2), point("said", 104, 11, 6)],
      without_wrong_approval: "checked",
    },
    { platform_id: odd("aigc"), model: odd("deepseek-v3"), hidden: true, needed: 30, forms: null, points: [], without_wrong_approval: null },
  ],
  of_everyone: false,
  looked_at: 134,
};

const flip = (kind: Shape["FlipRate"]["kind"], turning: number, flipped: number, changes: Partial<Shape["FlipRate"]> = {}): Shape["FlipRate"] => {
  const rate = turning ? flipped / turning : null;
  const bounds = rate === null ? { low: null, high: null } : { low: Math.max(0, rate - 0.06), high: Math.min(1, rate + 0.01) };
  const node = { path: "expense/n-finance", app_id: "expense", node_id: "n-finance", node_name: odd("财务审批"), platform_id: "qwen", model: "qwen-plus" };
  return { ...node, kind, forms: 64, turning, flipped, rate, ...bounds, keeping: 120, kept: 119, ...changes };
};

const flips: Shape["FlipRates"] = {
  items: [
    flip("amount", 64, 63),
    flip("harmless", 0, 0),
    flip("number", 20, 9, { platform_id: odd("aigc"), model: odd("deepseek-v3") }),
  ],
  wanted: 0.95,
  nights: 12,
  asked_at: "2026-11-21T18:30:00.000+00:00",
  nightly_flips: 40,
};

export const learning: Answers = {
  "GET /v1/ai/flips": () => flips,
  "POST /v1/ai/rules/*/*/documents": () => reading("running"),
  "GET /v1/ai/jobs/job-read_document": () => reading("done"),
  "GET /v1/ai/agreement/nodes/*/*/overrules": () => overrules,
  "GET /v1/ai/agreement/nodes/*/*/coverage": () => coverage,
};
