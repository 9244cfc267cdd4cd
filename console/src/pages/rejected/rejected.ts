import { computed, type Ref } from "vue";
import { api, ask, onceKey, type Shape } from "@/api/client";
import { LOOKED_AT_MS, useDoing, useLive, usePages } from "@/api/live";

export type Rejected = Shape["RejectedEvent"];
export const REJECTED = ["rejected-events"] as const;

export function useRejected() {
  return usePages<Rejected>({
    key: REJECTED,
    ask: (cursor) => askRejected(cursor, 50),
    every: LOOKED_AT_MS,
  });
}

export function askRejected(cursor: string | undefined, limit: number) {
  return ask(api.GET("/v1/rejected-events", { params: { query: { cursor, limit } } }));
}

/** One event, wherever it stands in the list. */
export function useRejectedEvent(id: Ref<string>) {
  return useLive<Rejected>({
    key: computed(() => [...REJECTED, id.value]),
    ask: (signal) => ask(api.GET("/v1/rejected-events/{id}", { params: { path: { id: id.value } }, signal })),
  });
}

export function useSendAgain() {
  return useDoing(
    (id: string) => ask(api.POST("/v1/rejected-events/{id}/replay", { params: { path: { id }, header: onceKey() } })),
    [REJECTED],
  );
}

/** The field that a reason names first, such as `detail.occurredAt: expected a time`; empty where it names none. */
export function fieldOf(reason: string): string {
  return /^([A-Za-z_][\w.[\]-]*)(?=:)/.exec(reason)?.[1] ?? "";
}
