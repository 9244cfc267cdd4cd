import { computed } from "vue";
import { api, ask, type Shape } from "./client";
import { LOOKED_AT_MS, useLive } from "./live";
import { who } from "@/session/session";

export type Summary = Shape["Summary"];
export const SUMMARY = ["summary"] as const;

/** How everything stands, for those who may know it; others are told nothing of platforms and queues. */
export function useSummary(every = LOOKED_AT_MS) {
  return useLive<Summary>({
    key: SUMMARY,
    ask: (signal) => ask(api.GET("/v1/ops/summary", { signal })),
    every,
    enabled: computed(() => who.person.roles.has("ops") || who.person.roles.has("admin")),
  });
}
