import type { FieldProblem, Problem } from "@/api/problem";
import { useTexts } from "@/texts/texts";
import texts from "./texts";

const say = useTexts(texts);
const isKnown = (kind: string | undefined): kind is keyof typeof texts.pairs => kind !== undefined && Object.hasOwn(texts.pairs, kind);

/** What is wrong with a field in the language of now; what an API of another version says is said in its own words. */
export function sayFlaw({ kind, values, problem }: FieldProblem): string {
  return isKnown(kind) ? say(kind, values) : problem;
}

/** What fields are called, by their path: `{ "settings.host": "…" }`. */
export type FieldNames = Readonly<Record<string, string>>;

/** Whether a field is that of a path, or stands below it: `keys[0]` and `keys.0` below `keys`. */
export function isBelow(field: string, path: string): boolean {
  return field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`);
}

/** Why something was refused: its fields by their `names`, else what the API says of the whole. */
export function sayProblem(problem: Problem, names: FieldNames = {}): string {
  return problem.errors.map((each) => `${nameOf(each.field, names)}: ${sayFlaw(each)}`).join("; ") || problem.detail;
}

/** By the nearest path that has a name, of a list with which one it is, from 1; by the field itself where nothing has. */
function nameOf(field: string, names: FieldNames): string {
  const [path = ""] = Object.keys(names)
    .filter((each) => isBelow(field, each))
    .sort((one, other) => other.length - one.length);
  const index = /^[.[](\d+)/.exec(field.slice(path.length))?.[1];
  return path ? [names[path], index && Number(index) + 1].filter(Boolean).join(" ") : field;
}
