import { defineTexts } from "@/texts/texts";

export default defineTexts("skipped_events", {
  title: ["跳过的事件", "Skipped events"],
  lead: ["没有触发规则送往任何目标的事件；不需要处理，除非本应推送", "Events that no rule sends anywhere: nothing is to be done, unless they should have gone"],
  empty: ["没有符合条件的事件", "No event matches"],
  reasons: ["按原因统计", "Counted by reason"],
  newest: ["只统计了最新的一部分。", "Of the newest ones alone."],
  any_action: ["全部动作", "Any action"],
  any_app: ["全部应用", "Any application"],
  show: ["筛选", "Show"],
  show_all: ["显示全部", "Show all"],
  event: ["跳过的事件 {id}", "Skipped event {id}"],
  why: ["跳过原因", "Why"],
  other: ["该事件的状态：{status}", "This event is {status}"],
  logs: ["同一实例的推送日志", "Push logs of its instance"],
});
