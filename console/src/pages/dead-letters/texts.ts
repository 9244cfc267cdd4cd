import { defineTexts } from "@/texts/texts";

export default defineTexts("dead_letters", {
  title: ["死信", "Dead letters"],
  lead: ["多次处理仍失败的消息停在这里。修正原因后重新投递。", "Messages that failed again and again rest here. Redrive them once the cause is mended."],
  none: ["没有死信", "There are no dead letters"],
  none_hint: ["所有队列都干净。", "Every queue is clean."],
  queue: ["死信队列", "Queue"],
  live_queue: ["队列", "Queue"],
  waiting: ["消息数", "Messages"],
  age: ["最久", "Oldest"],
  redrive: ["重新投递", "Redrive"],
  sent: ["{n} 条消息回到 {to}", "{n} messages go back to {to}"],
  ask_again: ["还有剩余，请再次投递。", "Some are left: redrive again."],
  all: ["全部队列", "All queues"],
  in_flight: ["处理中", "In flight"],
  delayed: ["延后", "Delayed"],
  what_ingest: ["事件没能分发", "Events that were not routed"],
  what_rule: ["总线没能送达队列的事件", "Events that the bus could not put into the queue"],
  what_push: ["推送任务使函数崩溃", "Pushes that made the function crash"],
  what_ai: ["没能记入审批人的待办", "Tasks that were not taken for approvers"],
  what_analysis: ["分析使函数崩溃", "Analyses that made the function crash"],
  what_invocation: ["函数的异步调用失败", "Invocations of functions that failed"],
});
