import { computed, type MaybeRefOrGetter, toValue } from "vue";
import { api, ask, onceKey, type Shape } from "@/api/client";
import { useDoing, useLive, usePages } from "@/api/live";
import { SUMMARY } from "@/api/summary";

export type Rule = Shape["TriggerRule"];
export type Flow = Shape["Flow"];
export type Preview = Shape["RulePreview"];
export type Change = Shape["RulesWanted"];
export type Action = Shape["Action"];

export const RULES = ["trigger-rules"] as const;
const CHANGED = [RULES, SUMMARY] as const;
export const AI = "ai";
export const EVERY_PLATFORM = "push:*";
/** In the order of a process's life. */
export const ACTIONS = [
  "task_received",
  "approver_changed",
  "task_completed",
  "task_aborted",
  "instance_completed",
  "instance_started_and_ended",
  "instance_rejected",
  "instance_revoked",
  "instance_terminated",
  "instance_deleted",
  "node_published",
] as const satisfies readonly Action[];

export function useRules() {
  return usePages<Rule>({
    key: [...RULES, "list"],
    ask: (cursor) => ask(api.GET("/v1/trigger-rules", { params: { query: { cursor, limit: 200 } } })),
    every: 15_000,
  });
}

export function preview(change: Change, signal?: AbortSignal): Promise<Preview> {
  return ask(api.POST("/v1/trigger-rules/preview", { body: change, ...(signal && { signal }) }));
}

/** What the rules would send where after a change; what they send now where it is empty. */
export function usePreview(change: MaybeRefOrGetter<Change>, every = 0) {
  return useLive({ key: computed(() => [...RULES, "preview", toValue(change)]), ask: (signal) => preview(toValue(change), signal), every });
}

export function useSaveRule() {
  return useDoing(({ id, name, enabled, actions, app_ids, targets, version }: Rule) => {
    const body = { name, enabled, actions: [...actions] as Action[], app_ids: [...app_ids], targets: [...targets] };
    if (version) return ask(api.PUT("/v1/trigger-rules/{id}", { params: { path: { id } }, body: { ...body, version } }));
    return ask(api.POST("/v1/trigger-rules", { params: { header: onceKey() }, body: { ...body, ...(id && { id }) } }));
  }, CHANGED);
}

export function useDeleteRule() {
  return useDoing(
    ({ id, version }: Rule) => ask(api.DELETE("/v1/trigger-rules/{id}", { params: { path: { id }, query: { version } } })),
    CHANGED,
  );
}

export const BLANK: Rule = { id: "", name: "", enabled: true, actions: [], app_ids: [], targets: [], version: 0, unreadable: "" };

/** A rule as a preview takes it, also while its name or id is still to be typed. */
export function changeOf(rule: Rule): Change {
  const { id, enabled, actions, app_ids, targets, version } = rule;
  return { rule: { ...(version && { id }), name: rule.name.trim() || "…", enabled, actions: actions as Action[], app_ids, targets } };
}

/** Whether events of an action can concern a target: a task center is told nothing of a published node. */
export function concerns(action: string, target: string): boolean {
  return target === AI || action !== "node_published";
}

/** The flow that brings an action to a target, if there is one. */
export function flowOf(flows: readonly Flow[], target: string, action: string): Flow | undefined {
  return flows.find((flow) => flow.target === target && flow.actions.includes(action));
}

/** Actions of which nothing goes anywhere: the router skips their events. */
export function skippedOf({ targets, flows }: Preview): string[] {
  return ACTIONS.filter((action) => targets.some((target) => concerns(action, target)) && !flows.some((flow) => flow.actions.includes(action)));
}
