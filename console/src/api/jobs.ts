import { computed, type Ref, ref, watch } from "vue";
import { api, ask, type Shape } from "./client";
import { useDoing, useLive } from "./live";

export type Job = Shape["Job"];

const JOB = ["ai-job"] as const;
const LOOK_MS = 1_500;

/** How far a dry run or a proposal is; looked at until it has ended. */
export function useJob(id: Readonly<Ref<string>>) {
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
