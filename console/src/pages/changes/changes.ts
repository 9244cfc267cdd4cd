import { computed, type Ref } from "vue";
import { api, ask, type Shape } from "@/api/client";
import { useLive, usePages } from "@/api/live";
import { differencesOf } from "@/editing/differences";

export type Change = Shape["Change"];

/** What the address of the trail says; empty: all of 90 days, or all of the subject. */
export interface Wanted {
  subject: string;
  from: string;
  to: string;
}

const PAGE = 100;
/** What every change changes, and what follows from other fields. */
export const SKIPPED = ["version", "clauses", "path"] as const;

function queryOf({ subject, from, to }: Wanted) {
  return { subject: subject || undefined, from: from || undefined, to: to || undefined };
}

export function useChanges(wanted: Ref<Wanted>) {
  return usePages<Change>({
    key: computed(() => ["changes", wanted.value]),
    ask: (cursor) => ask(api.GET("/v1/changes", { params: { query: { ...queryOf(wanted.value), cursor, limit: PAGE } } })),
    every: 3_000,
  });
}

/** Who changed a subject last, while one wants to know. */
export function useLastChange(subject: () => string, isWanted: () => boolean) {
  return useLive<Change | undefined>({
    key: computed(() => ["last-change", subject()]),
    ask: async (signal) => (await ask(api.GET("/v1/changes", { params: { query: { subject: subject(), limit: 1 } }, signal }))).items[0],
    enabled: computed(isWanted),
  });
}

/** What its subject was called then; empty where it has no name, or the trail does not show it. */
export function nameOf({ before, after }: Change): string {
  return String((after ?? before)?.["name"] ?? "");
}

export type Kind = "made" | "deleted" | "changed" | "same";

/** What was done, and to which fields. */
export function tellChange({ before, after }: Change): { kind: Kind; fields: string[] } {
  if (before === null) return { kind: "made", fields: [] };
  if (after === null) return { kind: "deleted", fields: [] };
  const changed = differencesOf(before, after, SKIPPED).filter((each) => each.isChanged);
  return { kind: changed.length ? "changed" : "same", fields: changed.map((each) => each.path.join(".")) };
}

/** Whether a side was too large for the trail to show. */
export function isCut(change: Change): boolean {
  return [change.before, change.after].some((side) => side !== null && Object.keys(side).join() === "cut");
}
