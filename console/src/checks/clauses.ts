import { computed, ref, watch } from "vue";
import { api, ask } from "@/api/client";
import { useLive } from "@/api/live";

const PAUSE_MS = 400;

/** How code reads a rule that is being written: asked once its author pauses. */
export function useClauses(rule: () => string) {
  const paused = ref(rule());
  watch(rule, (now, _, onCleanup) => {
    const timer = setTimeout(() => (paused.value = now), PAUSE_MS);
    onCleanup(() => clearTimeout(timer));
  });
  const isThere = computed(() => Boolean(paused.value.trim()));
  const read = useLive({
    key: computed(() => ["clauses", paused.value]),
    ask: (signal) => ask(api.POST("/v1/ai/clauses", { body: { rule: paused.value }, signal })),
    enabled: isThere,
  });
  return computed(() => (isThere.value ? (read.data.value?.clauses ?? []) : []));
}
