import { computed, type Ref } from "vue";
import { api, ask, type Shape } from "@/api/client";
import { usePages } from "@/api/live";

export type LateAnalysis = Shape["LateAnalysis"];
export const DELAYS = ["queue", "files", "platform", "retries"] as const;
export const SPANS = ["week", "day", "month", "own"] as const;
type Delay = (typeof DELAYS)[number];

/** What the address of the list says; times RFC 3339, empty for none. */
export interface Wanted {
  delay: string;
  from: string;
  to: string;
}

const DAYS: Record<string, number> = { month: 30, day: 1 };
const DAY_MS = 86_400_000;
const STEP_MS = 60_000;

/** Where a span begins, to the minute; empty for the week, which is what the API shows by itself. */
export function startOf(span: string, now = Date.now()): string {
  const days = DAYS[span];
  return days ? new Date(Math.floor((now - days * DAY_MS) / STEP_MS) * STEP_MS).toISOString() : "";
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
