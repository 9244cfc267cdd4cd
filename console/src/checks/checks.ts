import { nodeOf } from "@/address/ids";
import { api, ask, onceKey, type Shape } from "@/api/client";
import { useDoing } from "@/api/live";

export type Check = Shape["Check"];
export type TriedCheck = Shape["ProposedCheck"];

/** A field of the form: what people call it, and how an expression names it. */
export interface Term {
  name: string;
  term: string;
}

/** With another expression or clause a check is another one: whoever confirmed it has to do so anew. */
export function withChange(check: Check, change: Partial<Check>): Check {
  const isOther = "expression" in change || "clause" in change;
  return { ...check, ...(isOther ? { confirmed: false, covers: false } : {}), ...change };
}

/** Computed at once over one's own past forms; no model is asked. */
export function useTryCheck(path: string) {
  return useDoing(
    ({ rule, check }: { rule: string; check: Check }) =>
      ask(api.POST("/v1/ai/rules/{app_id}/{node_id}/try-checks", { params: { path: nodeOf(path) }, body: { rule, checks: [check] } })),
    [],
  );
}

/** A model is asked once for checks; an approver's are tried on their past forms, an admin's on those of the node. */
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
