import { computed, type Ref } from "vue";
import { api, ask, type Shape } from "@/api/client";
import { LOOKED_AT_MS, useLive, usePages } from "@/api/live";

export type Task = Shape["Task"];

export const APPROVALS = ["approvals"] as const;
/** Orders of the list by their names in the address, as the API takes them. */
export const ORDERS = {
  newest: undefined,
  oldest: "created_at",
  opinion: "verdict,-created_at",
  urgency: "priority,-created_at",
} as const;
export type Order = keyof typeof ORDERS;
export const OPINIONS = ["reject", "needs_human", "approve", "none"] as const;

/** What the address of the list says. */
export interface Wanted {
  status: string;
  verdict: string;
  app: string;
  sort: string;
}

const PAGE = 100;

export function queryOf(wanted: Wanted) {
  const verdict = OPINIONS.find((each) => each === wanted.verdict);
  const order = wanted.sort in ORDERS ? ORDERS[wanted.sort as Order] : undefined;
  return { status: wanted.status === "done" ? ("done" as const) : ("open" as const), verdict, app_id: wanted.app || undefined, sort: order };
}

export function useApprovals(wanted: Ref<Wanted>) {
  return usePages<Task>({
    key: computed(() => [...APPROVALS, wanted.value]),
    ask: (cursor) => ask(api.GET("/v1/ai/tasks", { params: { query: { ...queryOf(wanted.value), cursor, limit: PAGE } } })),
    every: LOOKED_AT_MS,
  });
}

export function useCount() {
  return useLive({ key: ["approvals-count"], ask: (signal) => ask(api.GET("/v1/ai/count", { signal })), every: LOOKED_AT_MS });
}
