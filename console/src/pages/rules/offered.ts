import type { RuleDraft } from "./rule-draft";

type Offered = Pick<RuleDraft, "rule" | "keynote" | "file_key" | "checks">;
/** Whose rule a draft is of: one's own, or the node's default. */
type Of = "me" | "default";

const drafts = new Map<string, Offered>();

/** Keep a draft that another page suggests for a node, until the editor of that rule takes it. */
export function offer(of: Of, path: string, draft: Offered): void {
  drafts.set(`${of}/${path}`, draft);
}

export function takeOffered(of: Of, path: string): Offered | undefined {
  const draft = drafts.get(`${of}/${path}`);
  drafts.delete(`${of}/${path}`);
  return draft;
}
