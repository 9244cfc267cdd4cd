import { at, differencesOf, isSame, type Path, withAt } from "./differences";

export type Side = "mine" | "theirs";

/** A field that two people left different. */
export interface Clash {
  path: Path;
  mine: unknown;
  theirs: unknown;
  /** Who changed it from what both had read; where both did, mine stays until somebody chooses. */
  choice: Side;
  isOfBoth: boolean;
}

/** Of every form; never a matter of choice. */
export const OWN: readonly string[] = ["version"];

/** What differs between mine and theirs, by what both had read. */
export function clashesOf(base: object, mine: object, theirs: object): Clash[] {
  return differencesOf(theirs, mine, OWN)
    .filter((each) => each.isChanged)
    .map(({ path, before, after }) => {
      const was = at(base, path);
      const isMine = !isSame(was, after);
      return { path, mine: after, theirs: before, choice: isMine ? "mine" : "theirs", isOfBoth: isMine && !isSame(was, before) };
    });
}

/** Theirs, with what was chosen of mine on top of it. */
export function mergedOf<F extends object>(theirs: F, clashes: readonly Clash[]): F {
  return clashes.filter((each) => each.choice === "mine").reduce((whole, each) => withAt(whole, each.path, each.mine), theirs);
}
