import { computed, type Ref } from "vue";
import { api, ask, type Shape } from "@/api/client";
import { useLive, usePages } from "@/api/live";

export type AuditEntry = Shape["AuditEntry"];
export const OUTCOMES = ["answered", "unreadable", "failed", "refused", "late"] as const;
type Outcome = (typeof OUTCOMES)[number];

/** What the address of the list says; times RFC 3339, empty for none. */
export interface Wanted {
  task: string;
  outcome: string;
  from: string;
  to: string;
}

const PAGE = 50;
export function useAudit(wanted: Ref<Wanted>) {
  return usePages<AuditEntry>({
    key: computed(() => ["ai-audit", wanted.value]),
    ask: (cursor) => {
      const { task, outcome, from, to } = wanted.value;
      const query = { task_id: task || undefined, outcome: (outcome || undefined) as Outcome | undefined, from: from || undefined, to: to || undefined };
      return ask(api.GET("/v1/ai/audit", { params: { query: { ...query, cursor, limit: PAGE } } }));
    },
    every: 30_000,
  });
}

/** Names an entry in the address: with its task and time it is read alone, and so whole. */
export function keyOf(entry: AuditEntry): string {
  return JSON.stringify([entry.task_id, entry.at, entry.id]);
}

export function useEntry(key: Ref<string>) {
  return useLive<AuditEntry | null>({
    key: computed(() => ["ai-audit-entry", key.value]),
    ask: async (signal) => {
      const [task_id = "", from = "", id] = placeOf(key.value);
      const to = new Date(new Date(from).getTime() + 1).toISOString();
      const page = await ask(api.GET("/v1/ai/audit", { params: { query: { task_id, from, to, limit: 3 } }, signal }));
      return page.items.find((entry) => entry.id === id) ?? null;
    },
  });
}

function placeOf(key: string): string[] {
  try {
    return JSON.parse(key) as string[];
  } catch {
    return [];
  }
}
