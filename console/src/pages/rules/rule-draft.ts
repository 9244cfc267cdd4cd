import type { Check, Term } from "@/checks/checks";
import type { OwnRule, RuleField, RuleNode } from "./rules";

/** One's own rule as a form: what is sent when it is saved. */
export interface RuleDraft {
  rule: string;
  keynote: string;
  file_key: string[];
  checks: Check[];
  status: boolean;
  auto_analysis: 0 | 1 | 2;
  /** That which was read, 0 where there is none. */
  version: number;
  /** The job that read the document it is taken from; null: as it was. */
  document: string | null;
}

export function draftOf(rule: OwnRule | null): RuleDraft {
  if (!rule) return { rule: "", keynote: "", file_key: [], checks: [], status: true, auto_analysis: 0, version: 0, document: null };
  const { rule: text, keynote, file_key, checks, status, auto_analysis, version } = rule;
  return { rule: text, keynote, file_key, checks, status, auto_analysis, version, document: null };
}

/** What would be asked: the rule's own text, else all of the default's. */
export function askedOf(draft: RuleDraft, node: RuleNode | undefined): Pick<RuleDraft, "rule" | "keynote" | "file_key"> {
  return draft.rule.trim() || !node?.default ? draft : node.default;
}

const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;
const TAKEN = ["form", "today"];

/** A field as an expression names it: see docs/ai-checks.md. */
export function termOf(field: RuleField): string {
  if (field.column_of) return JSON.stringify(field.key);
  return PLAIN.test(field.key) && !TAKEN.includes(field.key) ? field.key : `form[${JSON.stringify(field.key)}]`;
}

/** A field as `file_key` names it. */
export function fileKeyOf(field: RuleField): string {
  return field.column_of ? `${field.column_of}.${field.key}` : field.key;
}

/** The fields as people and expressions call them. */
export function termsOf(fields: readonly RuleField[]): Term[] {
  return fields.map((field) => ({ name: labelOf(field, fields), term: termOf(field) }));
}

/** A field as people call it, with the table that it is a column of. */
export function labelOf(field: RuleField, fields: readonly RuleField[]): string {
  const table = fields.find((each) => !each.column_of && each.key === field.column_of);
  return table ? `${table.label} · ${field.label}` : field.label;
}
