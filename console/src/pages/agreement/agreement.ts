import { computed, type Ref } from "vue";
import { decodeId, nodeOf } from "@/address/ids";
import { api, ask, type Shape } from "@/api/client";
import { useLive, usePages } from "@/api/live";

export type Agreement = Shape["Agreement"];
export type NodeAgreement = Shape["NodeAgreement"];
export type ClauseAgreement = Shape["ClauseAgreement"];
export type Overrule = Shape["Overrule"];
export type ModelCoverage = Shape["ModelCoverage"];
export type FlipRate = Shape["FlipRate"];
export type Whose = "me" | "everyone";

/** A rate that is shown: fewer than `needed` decisions say too little, and nothing of them is told. */
export interface Rate {
  rate: number;
  low: number;
  high: number;
  decided: number;
  agreed: number;
}

export function rateOf(found: Agreement | ClauseAgreement | Overrule): Rate | null {
  const { rate, low, high, decided, hidden } = found;
  const agreed = "agreed" in found ? found.agreed : 0;
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

function ofNode(path: string, of: Whose) {
  return { path: nodeOf(path), query: { of } };
}

export function useClauseAgreement(path: Ref<string>, of: Ref<Whose>) {
  return useLive({
    key: computed(() => ["agreement-clauses", path.value, of.value]),
    ask: (signal) => ask(api.GET("/v1/ai/agreement/nodes/{app_id}/{node_id}/clauses", { params: ofNode(path.value, of.value), signal })),
  });
}

/** Where people decide against a clause, with what that suggests. */
export function useOverrules(path: Ref<string>, of: Ref<Whose>) {
  return useLive({
    key: computed(() => ["overrules", path.value, of.value]),
    ask: (signal) => ask(api.GET("/v1/ai/agreement/nodes/{app_id}/{node_id}/overrules", { params: ofNode(path.value, of.value), signal })),
  });
}

/** How much is decided against how much of it is wrong, by model. */
export function useCoverage(path: Ref<string>, of: Ref<Whose>) {
  return useLive({
    key: computed(() => ["coverage", path.value, of.value]),
    ask: (signal) => ask(api.GET("/v1/ai/agreement/nodes/{app_id}/{node_id}/coverage", { params: ofNode(path.value, of.value), signal })),
  });
}

/** Whether findings follow a fact that is changed, on one node: for admins. */
export function useFlips(path: Ref<string>) {
  return useLive({
    key: computed(() => ["flips", path.value]),
    ask: (signal) => {
      const { app_id, node_id } = nodeOf(path.value);
      return ask(api.GET("/v1/ai/flips", { params: { query: { app_id: decodeId(app_id), node_id: decodeId(node_id) } }, signal }));
    },
  });
}

/** The rates of each model, kind by kind, each with what is drawn of it. */
export function modelsOf(items: readonly FlipRate[]) {
  const models = new Map<string, FlipRate[]>();
  for (const each of items) {
    const key = JSON.stringify([each.platform_id, each.model]);
    models.set(key, [...(models.get(key) ?? []), each]);
  }
  return [...models].map(([key, rates]) => ({
    key,
    platform_id: rates[0]?.platform_id ?? "",
    model: rates[0]?.model ?? "",
    rows: rates.map((each) => ({ ...each, rated: flipRateOf(each) })),
  }));
}

function flipRateOf({ rate, low, high, turning, flipped }: FlipRate): Rate | null {
  const isKnown = typeof rate === "number" && typeof low === "number" && typeof high === "number";
  return isKnown ? { rate, low, high, decided: turning, agreed: flipped } : null;
}
