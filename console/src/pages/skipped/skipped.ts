import { computed, type Ref } from "vue";
import { api, ask, type Shape } from "@/api/client";
import { useLive, usePages } from "@/api/live";

export type Skipped = Shape["SkippedEvent"];
export type SkipReason = Shape["SkipReason"];
export type SkippedOutcome = Shape["EventOutcome"];

/** What the address of the list says. */
export interface Wanted {
  reason: string;
  action: string;
  app: string;
}

export function askSkipped({ reason, action, app }: Wanted, cursor: string | undefined, limit: number) {
  const query = { reason: reason || undefined, action: action || undefined, app_id: app || undefined, cursor, limit };
  return ask(api.GET("/v1/skipped-events", { params: { query } }));
}

export function useSkipped(wanted: Ref<Wanted>) {
  return usePages<Skipped>({
    key: computed(() => ["skipped-events", wanted.value]),
    ask: (cursor) => askSkipped(wanted.value, cursor, 100),
    every: 15_000,
  });
}

export function useSkipReasons() {
  return useLive({
    key: ["skip-reasons"],
    ask: (signal) => ask(api.GET("/v1/skipped-events/reasons", { signal })),
    every: 60_000,
  });
}

/** What became of one event, wherever it stands in the list. */
export function useOutcome(id: Ref<string>) {
  return useLive<SkippedOutcome>({
    key: computed(() => ["event", id.value]),
    ask: (signal) => ask(api.GET("/v1/events/{id}", { params: { path: { id: id.value } }, signal })),
  });
}
