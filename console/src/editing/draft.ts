import { computed, type Ref, ref, shallowRef, toRaw, watch } from "vue";
import { asProblem, type Problem } from "@/api/problem";
import { isBelow, sayFlaw } from "@/flaws/flaws";
import { isSame } from "./differences";
import { useUnsaved } from "./unsaved";

/** What a person is changing: a form of plain values, with the `version` that it was read at. */
export interface Draft<F extends object> {
  /** Bound by the fields; undefined until something was read. */
  mine: Ref<F | undefined>;
  /** What was read last, or saved. */
  base: Readonly<Ref<F | undefined>>;
  /** What somebody else saved in the meantime: see ConflictPanel. */
  theirs: Readonly<Ref<F | undefined>>;
  isChanged: Readonly<Ref<boolean>>;
  isSaving: Readonly<Ref<boolean>>;
  /** Why saving failed, but for another's change. */
  problem: Readonly<Ref<Problem | undefined>>;
  /** What is wrong with a field, in the language of now; empty where nothing is. */
  problemAt: (field: string) => string;
  /** Begin anew with what was read, without what was typed. */
  begin: (read: F) => void;
  /** Go on with the version of another, and with what is chosen of both; undefined: decide later. */
  settle: (merged: F | undefined) => void;
  /** True where it is saved. Never throws: what went wrong is in `problem`, or in `theirs`. */
  save: () => Promise<boolean>;
}

export interface DraftOptions<F extends object> {
  /** What the API has; looked at again and again it never overwrites what is being typed. */
  read: () => F | undefined;
  put: (mine: F) => Promise<F>;
  /** Asked for what another saved, where `put` is refused by `version_conflict`. */
  readAgain: () => Promise<F>;
  /** Parameters of the address with which the form goes: see useUnsaved. */
  names?: readonly string[];
}

/** A form that loses nothing: leaving it asks, and another's change is shown beside one's own. */
export function useDraft<F extends object>(options: DraftOptions<F>): Draft<F> {
  const mine = ref() as Ref<F | undefined>;
  const base = shallowRef<F>();
  const theirs = shallowRef<F>();
  const problem = shallowRef<Problem>();
  const isSaving = ref(false);
  const isChanged = computed(() => mine.value !== undefined && !isSame(mine.value, base.value));

  function begin(read: F): void {
    base.value = read;
    mine.value = copyOf(read);
    theirs.value = problem.value = undefined;
  }
  function settle(merged: F | undefined): void {
    if (merged && theirs.value) {
      base.value = theirs.value;
      mine.value = copyOf(merged);
    }
    theirs.value = undefined;
  }
  async function save(): Promise<boolean> {
    if (!mine.value || isSaving.value) return false;
    isSaving.value = true;
    problem.value = undefined;
    try {
      begin(await options.put(copyOf(mine.value)));
      return true;
    } catch (error) {
      await refused(asProblem(error));
      return false;
    } finally {
      isSaving.value = false;
    }
  }
  async function refused(why: Problem): Promise<void> {
    if (why.code !== "version_conflict") problem.value = why;
    else theirs.value = await options.readAgain().catch((error: unknown) => void (problem.value = asProblem(error)));
  }

  watch(options.read, (read) => read && !isChanged.value && begin(read), { immediate: true });
  useUnsaved(isChanged, options.names);
  return { mine, base, theirs, isChanged, isSaving, problem, problemAt: (field) => problemAt(problem.value, field), begin, settle, save };
}

function problemAt(problem: Problem | undefined, field: string): string {
  const found = problem?.errors.find((each) => isBelow(each.field, field));
  return found ? sayFlaw(found) : "";
}

function copyOf<F>(value: F): F {
  return JSON.parse(JSON.stringify(toRaw(value))) as F;
}
