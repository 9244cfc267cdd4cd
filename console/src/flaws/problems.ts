import { asProblem } from "@/api/problem";
import { duration } from "@/time/numbers";
import { useTexts } from "@/texts/texts";
import texts from "./problem-texts";

const A_MINUTE = 60;
const say = useTexts(texts);
const isKnown = (code: string): code is keyof typeof texts.pairs => Object.hasOwn(texts.pairs, code);

/** Why something as a whole was refused, or did not come, in the language of now; what has no words here is said as the API says it. */
export function sayWhole(error: unknown): string {
  const { code, detail, status, retryAfterS } = asProblem(error);
  return isKnown(code) ? say(code, { status, time: duration(retryAfterS ?? A_MINUTE) }) : detail;
}
