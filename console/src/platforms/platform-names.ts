import { computed } from "vue";
import { useSummary } from "@/api/summary";

/** Names change seldom, and whoever changes one sees it at once. */
const LOOKED_AT_MS = 60_000;

/** What platforms are called; one without a name, or that is gone, by its id. `centers`: task centers, to choose among. */
export function usePlatformNames() {
  const summary = useSummary(LOOKED_AT_MS);
  const named = computed(() => new Map([...(summary.data.value?.platforms ?? []), ...(summary.data.value?.ai_platforms ?? [])].map(({ id, name }) => [id, name])));
  const nameOf = (id: string) => named.value.get(id) || id;
  const centers = computed(() => summary.data.value?.platforms.map(({ id }) => [id, nameOf(id)] as const) ?? []);
  /** With the id that logs and calls have. */
  const nameAndId = (id: string) => [...new Set([nameOf(id), id])].join(" · ");
  return { centers, nameOf, nameAndId };
}
