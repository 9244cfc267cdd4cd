import { defineTexts, useTexts } from "./texts";

/** What trigger events are about, by the names that they carry. */
export const actions = defineTexts("actions", {
  task_received: ["收到待办", "Task received"],
  approver_changed: ["处理人变更", "Approver changed"],
  task_completed: ["待办完成", "Task completed"],
  task_aborted: ["待办中止", "Task aborted"],
  instance_completed: ["流程结束", "Process completed"],
  instance_started_and_ended: ["发起即结束", "Started and ended"],
  instance_rejected: ["流程驳回", "Process rejected"],
  instance_revoked: ["流程撤回", "Process revoked"],
  instance_terminated: ["流程终止", "Process terminated"],
  instance_deleted: ["流程删除", "Process deleted"],
  node_published: ["节点发布", "Node published"],
});

/** Names an action in the language of now; one that nobody knows keeps its own name. */
export function useActionNames(): (action: string) => string {
  const say = useTexts(actions);
  return (action) => (Object.hasOwn(actions.pairs, action) ? say(action as keyof typeof actions.pairs) : action);
}
