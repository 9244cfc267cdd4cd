import { defineTexts } from "@/texts/texts";

export default defineTexts("rejected_events", {
  title: ["被拒事件", "Rejected events"],
  lead: ["读不懂的事件原样保存在这里；修正原因后可以重新送入", "Events that could not be read, whole; send them in again once the cause is mended"],
  empty: ["没有被拒收的事件", "No event was rejected"],
  replayed: ["重新送入", "Sent in again"],
  replayed_by: ["{by} 于 {time}", "{by}, {time}"],
  not_yet: ["尚未", "not yet"],
  event: ["被拒事件 {id}", "Rejected event {id}"],
  why: ["拒收原因", "Why"],
  field: ["出错的字段", "The field that failed"],
  body: ["事件原文", "The event as it came"],
  again: ["重新送入", "Send in again"],
  again_hint: ["如再次被拒，仍会出现在此列表", "If it is rejected again, it stands in this list again"],
  sent: ["已重新送入入口队列", "It is in the ingest queue"],
});
