import { computed, type Ref } from "vue";
import { api, ask, onceKey, type Shape } from "@/api/client";
import { LOOKED_AT_MS, useDoing, usePages } from "@/api/live";
import { queryOf, type Wanted } from "../push-logs/push-logs";

export type Replay = Shape["Replay"];
export const REPLAYS = ["replays"] as const;
export const USUAL_RATE_PER_S = 50;

export function useReplays() {
  return usePages<Replay>({
    key: REPLAYS,
    ask: (cursor) => ask(api.GET("/v1/replays", { params: { query: { cursor, limit: 100 } } })),
    every: LOOKED_AT_MS,
  });
}

export function useStopReplay() {
  return useDoing((id: string) => ask(api.DELETE("/v1/replays/{id}", { params: { path: { id } } })), [REPLAYS]);
}

/** A replay takes what failed or is being retried; of other statuses nothing is left to send. */
export type Replayable = "failed" | "retrying";

export interface Plan {
  status: Replayable;
  rate: number;
  reason: string;
}

function bodyOf(wanted: Wanted, plan: Plan, isDry: boolean) {
  return { ...queryOf(wanted), status: plan.status, rate_per_s: plan.rate, reason: plan.reason, dry_run: isDry };
}

/** What a replay would do; nothing is sent. */
export function usePlan(wanted: Ref<Wanted>, plan: Ref<Plan>) {
  return {
    key: computed(() => ["replay-plan", wanted.value, plan.value.status]),
    ask: () => ask(api.POST("/v1/replays", { body: bodyOf(wanted.value, plan.value, true), params: { header: onceKey() } })),
  };
}

export function useStartReplay(wanted: Ref<Wanted>, plan: Ref<Plan>) {
  return useDoing(
    () => ask(api.POST("/v1/replays", { body: bodyOf(wanted.value, plan.value, false), params: { header: onceKey() } })),
    [REPLAYS],
  );
}

/** How far a job is, 0 to 1; null where nobody knows how much there is. */
export function progressOf(replay: Replay): number | null {
  if (replay.status === "done") return 1;
  if (replay.count === null || !replay.count_is_exact) return null;
  return replay.count === 0 ? 1 : Math.min(1, replay.looked_at / replay.count);
}
