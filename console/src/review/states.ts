import type { Shape } from "@/api/ask";

type Task = Pick<Shape["Task"], "rule" | "status">;
type Result = Pick<Shape["Result"], "status" | "verdict"> | null;

/** How far the opinion on a task has come, or what it is. */
export type OpinionState = Shape["Verdict"] | "none" | "no_rule" | "off" | "pending" | "running" | "failed";

/** The first row that holds. */
export function stateOf(task: Task, result: Result): OpinionState {
  if (result?.verdict) return result.verdict;
  if (result && result.status !== "done" && result.status !== "processed") return result.status;
  if (!task.rule) return "no_rule";
  return task.rule.status ? "none" : "off";
}
