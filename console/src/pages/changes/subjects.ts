import type { RouteLocationRaw } from "vue-router";
import { encodeId } from "@/address/ids";

/** What a change is of, as the trail names it: a kind, and so many ids as it has. */
export const KINDS = { platform: 1, "trigger-rule": 1, "ai-settings": 0, node: 2, "own-rule": 3, erasure: 0 } as const;
export type Kind = keyof typeof KINDS;

export interface Subject {
  kind: string;
  /** As a path of the API takes them. */
  ids: readonly string[];
}

export function subjectOf(text: string): Subject {
  const [kind = "", ...ids] = text.split("/");
  return { kind, ids };
}

/** The subject of these ids, as they are called or as lists give them; empty where some are missing. */
export function subjectText(kind: string, ids: readonly string[]): string {
  if (KINDS[kind as Kind] !== ids.length || ids.some((id) => !id)) return "";
  return [kind, ...ids.map((id) => (id.startsWith("~") ? id : encodeId(id)))].join("/");
}

/** Where the subject itself is shown; undefined where no page shows it, as for the rules of a person. */
export function pageOf({ kind, ids }: Subject): (RouteLocationRaw & { name: string }) | undefined {
  if (kind === "ai-settings") return { name: "ai-settings" };
  if (kind === "node") return { name: "nodes", query: { open: ids.join("/") } };
  if (kind === "platform") return { name: "platforms", query: { open: ids[0] } };
  return kind === "trigger-rule" ? { name: "trigger-rules", query: { open: ids[0] } } : undefined;
}
