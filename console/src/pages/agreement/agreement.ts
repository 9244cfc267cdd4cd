import { computed, type Ref } from "vue";
import { api, ask, type Shape } from "@/api/client";
import { useLive, usePages } from "@/api/live";

export type Agreement = Shape["Agreement"];
export type NodeAgreement = Shape["NodeAgreement"];
export type ClauseAgreement = Shape["ClauseAgreement"];
export type Whose = "me" | "everyone";

/** A rate that is shown: fewer than `needed` decisions say too little, and nothing of them is told. */
export interface Rate {
  rate: number;
  low: number;
  high: number;
  decided: number;
  agreed: number;
}

export function rateOf(found: Agreement | ClauseAgreement): Rate | null {
  const { rate, low, high, decided, agreed, hidden } = found;
  const isKnown = !hidden && typeof rate === "number" && typeof low === "number" && typeof high === "number";
  return isKnown ? { rate, low, high, decided: decided ?? 0, agreed: agreed ?? 0 } : null;
}

const LOOK_MS = 60_000;

export function useAgreement(of: Ref<Whose>) {
  return useLive<Agreement>({
    key: computed(() => ["agreement", of.value]),
    ask: (signal) => ask(api.GET("/v1/ai/agreement", { params: { query: { of: of.value } }, signal })),
    every: LOOK_MS,
  });
}

export function useNodeAgreement(of: Ref<Whose>) {
  return usePages<NodeAgreement>({
    key: computed(() => ["agreement-nodes", of.value]),
    ask: (cursor) => ask(api.GET("/v1/ai/agreement/nodes", { params: { query: { of: of.value, cursor, limit: 100 } } })),
    every: LOOK_MS,
  });
}

export function useClauseAgreement(path: Ref<string>, of: Ref<Whose>) {
  return useLive({
    key: computed(() => ["agreement-clauses", path.value, of.value]),
    ask: (signal) => {
      const [app_id = "", node_id = ""] = path.value.split("/");
      const params = { path: { app_id, node_id }, query: { of: of.value } };
      return ask(api.GET("/v1/ai/agreement/nodes/{app_id}/{node_id}/clauses", { params, signal }));
    },
  });
}
