import type { RuleDraft } from "./rule-draft";

/** Drafts that another page suggests, by the path of their node, until the editor of that rule takes them. */
export const offered = new Map<string, Pick<RuleDraft, "rule" | "keynote" | "file_key" | "checks">>();
