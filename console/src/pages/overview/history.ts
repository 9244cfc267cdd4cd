import { computed, type MaybeRefOrGetter, toValue } from "vue";
import { api, ask, type Shape } from "@/api/client";
import { useLive } from "@/api/live";

export type History = Shape["History"];
export type Span = "hour" | "day";

/** What is drawn, each in its colour. */
export const LINES = [
  { name: "events", tone: "brand" },
  { name: "succeeded", tone: "good" },
  { name: "failed", tone: "bad" },
  { name: "asked", tone: "warn" },
] as const;
type LineName = (typeof LINES)[number]["name"];

export function useHistory(span: MaybeRefOrGetter<Span>) {
  return useLive<History>({
    key: computed(() => ["history", toValue(span)]),
    ask: (signal) => ask(api.GET("/v1/ops/history", { params: { query: { span: toValue(span) } }, signal })),
    every: computed(() => (toValue(span) === "hour" ? 30_000 : 120_000)),
  });
}

export function sumOf(history: History, name: LineName): number {
  return history.steps.reduce((sum, step) => sum + step[name], 0);
}
