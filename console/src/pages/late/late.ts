import { computed, type Ref } from "vue";
import { api, ask, type Shape } from "@/api/client";
import { usePages } from "@/api/live";

export type LateAnalysis = Shape["LateAnalysis"];
export const DELAYS = ["queue", "files", "platform", "retries"] as const;
type Delay = (typeof DELAYS)[number];

/** What the address of the list says; times RFC 3339, empty for none. */
export interface Wanted {
  delay: string;
  from: string;
  to: string;
}

export function useLate(wanted: Ref<Wanted>) {
  return usePages<LateAnalysis>({
    key: computed(() => ["late-analyses", wanted.value]),
    ask: (cursor) => {
      const { delay, from, to } = wanted.value;
      const query = { delay: (delay || undefined) as Delay | undefined, from: from || undefined, to: to || undefined, cursor, limit: 50 };
      return ask(api.GET("/v1/ai/late", { params: { query } }));
    },
    every: 30_000,
  });
}

/** The seconds that a part of the work took. */
export function secondsOf(row: LateAnalysis, delay: Delay): number {
  return row[`${delay}_s`];
}
