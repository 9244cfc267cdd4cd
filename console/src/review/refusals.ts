import { asProblem } from "@/api/problem";
import { useTexts } from "@/texts/texts";
import { duration } from "@/time/numbers";
import texts from "./texts";

const A_MINUTE = 60;

/** Says in a person's words why something was refused; what has no words of its own is said as the API says it. */
export function useRefusals(): (error: unknown) => string {
  const say = useTexts(texts);
  return (error) => {
    const problem = asProblem(error);
    const key = `refused_${problem.code}`;
    if (!(key in texts.pairs)) return problem.detail;
    return say(key as keyof typeof texts.pairs, { time: duration(problem.retryAfterS ?? A_MINUTE) });
  };
}
