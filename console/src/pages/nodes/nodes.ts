import { nodeOf } from "@/address/ids";
import { api, ask, type Shape } from "@/api/client";
import { useLive, usePages } from "@/api/live";
import { asProblem } from "@/api/problem";

export type Node = Shape["NodeDefault"];
/** What an admin sets of a node. */
export type NodeForm = Pick<Node, "rule" | "keynote" | "file_key" | "checks" | "enabled" | "auto_analysis" | "version"> & {
  /** The job that read the document it is taken from; null: as it was. */
  document: string | null;
};

export const NODES = ["nodes"] as const;
export const STATES = ["", "ruled", "unruled", "automatic", "off"] as const;
export type State = (typeof STATES)[number];
const PAGE = 200;

export function useNodes() {
  return usePages<Node>({
    key: NODES,
    ask: (cursor) => ask(api.GET("/v1/ai/nodes", { params: { query: { cursor, limit: PAGE } } })),
    every: 3_000,
  });
}

/** A node as it is now; null where it has no default yet. */
export async function readNode(path: string, signal?: AbortSignal): Promise<Node | null> {
  try {
    return await ask(api.GET("/v1/ai/nodes/{app_id}/{node_id}", { params: { path: nodeOf(path) }, signal }));
  } catch (error) {
    if (asProblem(error).status === 404) return null;
    throw error;
  }
}

export function useNode(path: string) {
  return useLive<Node | null>({ key: ["node", path], ask: (signal) => readNode(path, signal), every: 3_000 });
}

export const putNode = (path: string, form: NodeForm) =>
  ask<Node>(api.PUT("/v1/ai/nodes/{app_id}/{node_id}", { params: { path: nodeOf(path) }, body: form }));

export function formOf(node: Node | null): NodeForm {
  if (!node) return { rule: "", keynote: "", file_key: [], checks: [], enabled: true, auto_analysis: false, version: 0, document: null };
  const { rule, keynote, file_key, checks, enabled, auto_analysis, version } = node;
  return { rule, keynote, file_key, checks, enabled, auto_analysis, version, document: null };
}

/** Whether a node is one that is looked for. */
export function isWanted(node: Node, text: string, state: string): boolean {
  const isOfState = { ruled: node.rule, unruled: !node.rule, automatic: node.auto_analysis, off: !node.enabled }[state] ?? true;
  const words = [node.app_id, node.node_id, node.node_key, node.node_name, node.rule].join("\n").toLowerCase();
  return Boolean(isOfState) && words.includes(text.trim().toLowerCase());
}

/** Whether open tasks of the node lose their results: what is asked of them is another question by then. */
export function asksOtherwise(before: NodeForm, after: NodeForm): boolean {
  const asked = (form: NodeForm) => [form.rule, form.keynote, form.file_key, form.enabled, form.checks.filter((each) => each.confirmed)];
  return JSON.stringify(asked(before)) !== JSON.stringify(asked(after));
}
