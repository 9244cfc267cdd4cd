import type { components } from "../../../src/api/schema";
import { ago, odd } from "../data";

type Late = components["schemas"]["LateAnalysis"];

const late = (number: number, changes: Partial<Late>): Late => ({
  id: `a-${number}`,
  uid: "20231107",
  task_id: `T-88${number}`,
  sess_id: `P-88${number}`,
  app_id: "expense",
  app_name: "费用报销",
  node_id: "n-finance",
  node_name: "财务审核",
  requested_at: ago(3600 * number + 400),
  came: "opened",
  came_at: ago(3600 * number + 60),
  status: "done",
  finished_at: ago(3600 * number),
  late_s: 60,
  delay: "queue",
  queue_s: 312.4,
  files_s: 8.2,
  platform_s: 41,
  retries_s: 0,
  platform_id: "aigc",
  model: "qwen-plus",
  reason: "",
  ...changes,
});

/** Late analyses: of each cause, one that never came, and one that is hostile wherever somebody could have typed. */
export const lateAnalyses = {
  "GET /v1/ai/late": () => ({
    items: [
      late(1, {}),
      late(2, { delay: "files", queue_s: 1.2, files_s: 96.5, late_s: 18.6 }),
      late(3, { delay: "retries", retries_s: 903, late_s: 240.1, reason: "今天 AI 提问次数已达上限" }),
      late(4, { delay: "platform", queue_s: 0, files_s: 0, platform_s: 0, came: "decided", status: "running", finished_at: null, late_s: null }),
      late(5, { uid: odd("20230415"), task_id: odd("T-885"), app_name: odd("请假申请"), node_name: odd("辅导员审批"), reason: odd(""), model: odd("qwen-max") }),
    ],
    next_cursor: "more",
  }),
};
