import type { FieldProblem, Problem } from "@/api/problem";
import { useTexts } from "@/texts/texts";
import texts from "./texts";

const say = useTexts(texts);
const isKnown = (kind: string | undefined): kind is keyof typeof texts.pairs => kind !== undefined && Object.hasOwn(texts.pairs, kind);

/** What is wrong with a field in the language of now; what an API of another version says is said in its own words. */
export function sayFlaw({ kind, values, problem }: FieldProblem): string {
  return isKnown(kind) ? say(kind, values) : problem;
}

/** Why something was refused: its fields, else what the API says of the whole. */
export function sayProblem(problem: Problem): string {
  return problem.errors.map((each) => `${each.field}: ${sayFlaw(each)}`).join("; ") || problem.detail;
}
