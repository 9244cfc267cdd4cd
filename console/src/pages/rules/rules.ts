import { nodeOf } from "@/address/ids";
import { api, ask, onceKey, type Shape } from "@/api/client";
import { useDoing, useLive, usePages } from "@/api/live";
import { asProblem } from "@/api/problem";
import type { RuleDraft } from "./rule-draft";

export type OwnRule = Shape["OwnRule"];
export type ListedRule = Shape["ListedRule"];
export type RuleNode = Shape["RuleNode"];
export type RuleField = Shape["RuleField"];
export type NodeUpdate = Shape["RuleUpdate"];
export type Recommendation = Shape["Recommendation"];

const RULES = ["own-rules"] as const;
const RULE = ["own-rule"] as const;
const UPDATES = ["rule-updates"] as const;
const RECOMMENDED = ["recommendations"] as const;
const LOOK_MS = 30_000;

/** What people call a node; its id where nobody said. */
export function nameOf(node: { node_name: string; node_id: string }): string {
  return node.node_name || node.node_id;
}

export function useRules() {
  return usePages<ListedRule>({
    key: RULES,
    ask: (cursor) => ask(api.GET("/v1/ai/rules", { params: { query: { cursor, limit: 100 } } })),
    every: LOOK_MS,
  });
}

/** Nodes whose rule changed since the person last looked. */
export function useUpdates() {
  return useLive({
    key: UPDATES,
    ask: (signal) => ask(api.GET("/v1/ai/rule-updates", { params: { query: { limit: 200 } }, signal })),
    every: LOOK_MS,
  });
}

export function useSeen() {
  return useDoing(() => ask(api.DELETE("/v1/ai/rule-updates")), [UPDATES, ["rule-node"]]);
}

export function useRecommendations() {
  return useLive({
    key: RECOMMENDED,
    ask: (signal) => ask(api.GET("/v1/ai/recommendations", { params: { query: { limit: 50 } }, signal })),
    every: LOOK_MS,
  });
}

export function useDismiss() {
  return useDoing(
    (path: string) => ask(api.DELETE("/v1/ai/recommendations/{app_id}/{node_id}", { params: { path: nodeOf(path) } })),
    [RECOMMENDED],
  );
}

/** What a rule is written beside. */
export function useRuleNode(path: string) {
  return useLive<RuleNode>({
    key: ["rule-node", path],
    ask: (signal) => ask(api.GET("/v1/ai/rules/{app_id}/{node_id}/node", { params: { path: nodeOf(path) }, signal })),
    every: LOOK_MS,
  });
}

/** One's own rule, null where there is none. */
export async function readRule(path: string, signal?: AbortSignal): Promise<OwnRule | null> {
  try {
    return await ask(api.GET("/v1/ai/rules/{app_id}/{node_id}", { params: { path: nodeOf(path) }, signal: signal ?? null }));
  } catch (error) {
    if (asProblem(error).code === "not_found") return null;
    throw error;
  }
}

export function useOwnRule(path: string) {
  return useLive<OwnRule | null>({ key: [...RULE, path], ask: (signal) => readRule(path, signal), every: LOOK_MS });
}

const CHANGED = [RULES, RULE, RECOMMENDED, ["rule-versions"], ["rule-node"]];

export function usePutRule(path: string) {
  return useDoing(
    (draft: RuleDraft) => ask(api.PUT("/v1/ai/rules/{app_id}/{node_id}", { params: { path: nodeOf(path) }, body: draft })),
    CHANGED,
  );
}

export function useDeleteRule(path: string) {
  return useDoing(
    (version: number) => ask(api.DELETE("/v1/ai/rules/{app_id}/{node_id}", { params: { path: nodeOf(path), query: { version } } })),
    CHANGED,
  );
}

export function useVersions(path: string) {
  return usePages<OwnRule>({
    key: ["rule-versions", path],
    ask: (cursor) =>
      ask(api.GET("/v1/ai/rules/{app_id}/{node_id}/versions", { params: { path: nodeOf(path), query: { cursor, limit: 50 } } })),
  });
}

/** `version`: of the rule that stands there now, 0 where there is none. */
export function useRestore(path: string) {
  return useDoing(
    ({ n, version }: { n: number; version: number }) =>
      ask(
        api.POST("/v1/ai/rules/{app_id}/{node_id}/versions/{n}/restore", {
          params: { path: { ...nodeOf(path), n }, header: onceKey() },
          body: { version },
        }),
      ),
    CHANGED,
  );
}
