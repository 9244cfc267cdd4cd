import { defineTexts } from "@/texts/texts";

export default defineTexts("late-analyses", {
  title: ["迟到的分析", "Late analyses"],
  lead: ["审批人打开或办完待办时还没有出结果的自动分析，以及时间花在了哪里", "Automatic analyses that were not done when their approver opened or decided the task, and where the time went"],
  empty: ["这段时间没有迟到的分析", "No analysis was late in this time"],
  came_at: ["审批人到达", "Approver came"],
  came: ["做了什么", "What they did"],
  came_opened: ["打开待办", "Opened it"],
  came_decided: ["直接办理", "Decided it"],
  late: ["晚了", "Late by"],
  never: ["未出结果", "Never came"],
  delay: ["主要耗时", "Held up by"],
  any_delay: ["全部原因", "Any cause"],
  delay_queue: ["排队", "Queue"],
  delay_files: ["附件", "Files"],
  delay_platform: ["AI 平台", "AI platform"],
  delay_retries: ["暂停与重试", "Pauses, retries"],
  uid: ["审批人", "Person"],
  node: ["应用 / 节点", "Application / node"],
});
