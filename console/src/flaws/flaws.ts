import type { FieldProblem, Problem } from "@/api/problem";
import { useTexts } from "@/texts/texts";
import { sayWhole } from "./problems";
import texts from "./texts";

const say = useTexts(texts);
const isKnown = (kind: string | undefined): kind is keyof typeof texts.pairs => kind !== undefined && Object.hasOwn(texts.pairs, kind);

/** What is wrong with a field in the language of now; what an API of another version says is said in its own words. */
export function sayFlaw({ kind, values, problem }: Omit<FieldProblem, "in" | "field">): string {
  return isKnown(kind) ? say(kind, values) : problem;
}

/** What fields are called, by their path: `{ "settings.host": "…" }`. */
export type FieldNames = Readonly<Record<string, string>>;

/** Whether a field is that of a path, or stands below it: `keys[0]` and `keys.0` below `keys`. */
export function isBelow(field: string, path: string): boolean {
  return field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`);
}

/** What is wrong with which field. */
export function sayRefused(flaw: Omit<FieldProblem, "in">, names: FieldNames = {}): string {
  return `${nameOf(flaw.field, names)}: ${sayFlaw(flaw)}`;
}

/** Why something was refused: its fields by their `names`, else what is wrong as a whole. */
export function sayProblem(problem: Problem, names: FieldNames = {}): string {
  return problem.errors.map((each) => sayRefused(each, names)).join("; ") || sayWhole(problem);
}

/** By the nearest path that has a name, of a list with which one it is, from 1; by the field itself where nothing has. */
function nameOf(field: string, names: FieldNames): string {
  // What stands in each row of a list has one name.
  const inEach = field.replace(/[.[](\d+)(\]|(?=\.)|$)/g, "");
  const [path = ""] = Object.keys(names)
    .filter((each) => isBelow(field, each) || isBelow(inEach, each))
    .sort((one, other) => other.length - one.length);
  const index = (isBelow(field, path) ? /^[.[](\d+)/.exec(field.slice(path.length)) : /[.[](\d+)/.exec(field))?.[1];
  return path ? [names[path], index && Number(index) + 1].filter(Boolean).join(" ") : field;
}
