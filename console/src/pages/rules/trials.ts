import type { Shape } from "@/api/client";

export type Trial = Shape["Trial"];

/** Whether a verdict and the decision went the same way; null where one of them says nothing. */
export function agrees(verdict: Trial["verdict_now"], decision: string | null): boolean | null {
  if (!decision || !verdict || verdict === "needs_human") return null;
  return (verdict === "approve") === (decision === "approved");
}

/** Whether the draft says something else than was advised at the time. */
export function isChanged(trial: Trial): boolean {
  return trial.verdict_then !== null && trial.verdict_now !== null && trial.verdict_then !== trial.verdict_now;
}

export interface Tally {
  changed: number;
  /** Those that followed the decision, of those where both said something. */
  then: { agreed: number; of: number };
  now: { agreed: number; of: number };
}

export function tallyOf(trials: readonly Trial[]): Tally {
  const count = (when: "verdict_then" | "verdict_now") => {
    const told = trials.map((trial) => agrees(trial[when], trial.decision)).filter((each) => each !== null);
    return { agreed: told.filter(Boolean).length, of: told.length };
  };
  return { changed: trials.filter(isChanged).length, then: count("verdict_then"), now: count("verdict_now") };
}
