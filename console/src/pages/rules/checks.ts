import { computed, type Ref, ref, watch } from "vue";
import { api, ask, onceKey, type Shape } from "@/api/client";
import { useDoing, useLive } from "@/api/live";
import type { Check } from "./rule-draft";
import { nodeOf } from "./rules";

export type Job = Shape["Job"];
export type Trial = Shape["Trial"];
export type TriedCheck = Shape["ProposedCheck"];

const JOB = ["ai-job"] as const;
const LOOK_MS = 1_500;

/** How far a dry run or a proposal is; looked at until it has ended. */
export function useJob(id: Ref<string>) {
  const isOver = ref(false);
  const job = useLive<Job>({
    key: computed(() => [...JOB, id.value]),
    ask: (signal) => ask(api.GET("/v1/ai/jobs/{id}", { params: { path: { id: id.value } }, signal })),
    every: () => (isOver.value ? 0 : LOOK_MS),
    enabled: () => Boolean(id.value),
  });
  watch([job.data, job.error, id], ([found, problem, wanted]) => {
    isOver.value = problem?.code === "not_found" || (found?.id === wanted && found.status !== "running");
  });
  return job;
}

export function useStopJob() {
  return useDoing((id: string) => ask(api.DELETE("/v1/ai/jobs/{id}", { params: { path: { id } } })), [JOB]);
}

/** Computed at once over one's own past forms; no model is asked. */
export function useTryCheck(path: string) {
  return useDoing(
    ({ rule, check }: { rule: string; check: Check }) =>
      ask(api.POST("/v1/ai/rules/{app_id}/{node_id}/try-checks", { params: { path: nodeOf(path) }, body: { rule, checks: [check] } })),
    [],
  );
}

export function usePropose(path: string) {
  return useDoing(
    (rule: string) =>
      ask(
        api.POST("/v1/ai/rules/{app_id}/{node_id}/propose-checks", {
          params: { path: nodeOf(path), header: onceKey() },
          body: { rule, wait: false },
        }),
      ),
    [],
  );
}

export interface Tried {
  rule: string;
  keynote: string;
  file_key: string[];
  limit: number;
  /** Only say what it is thought to take. */
  estimate_only: boolean;
}

export function useDryRun(path: string) {
  return useDoing(
    (tried: Tried) =>
      ask(
        api.POST("/v1/ai/rules/{app_id}/{node_id}/dry-run", {
          params: { path: nodeOf(path), header: onceKey() },
          body: { ...tried, wait: false },
        }),
      ),
    [],
  );
}
