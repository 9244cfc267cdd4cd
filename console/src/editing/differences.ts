export type Path = readonly string[];

/** One field of two objects: in objects within objects by its path, in a list as a whole. */
export interface Difference {
  path: Path;
  before: unknown;
  after: unknown;
  isChanged: boolean;
}

type Plain = Record<string, unknown>;

const isPlain = (value: unknown): value is Plain => typeof value === "object" && value !== null && !Array.isArray(value);

export function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((each, index) => isSame(each, other[index]));
  }
  if (!isPlain(one) || !isPlain(other)) return false;
  return namesOf(one, other).every((name) => isSame(one[name], other[name]));
}

/** Field by field, in the order of `after`. Null: it did not exist. */
export function differencesOf(before: object | null, after: object | null, skipped: readonly string[] = []): Difference[] {
  return leavesOf(before ?? {}, after ?? {}, []).filter(({ path }) => !skipped.includes(path[0] ?? ""));
}

/** What stands at a path; undefined where nothing does. */
export function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((found, name) => (isPlain(found) ? found[name] : undefined), value);
}

/** A copy with another value at a path; undefined takes the field away. */
export function withAt<F extends object>(whole: F, path: Path, value: unknown): F {
  const [name, ...rest] = path;
  if (name === undefined) return value as F;
  const { [name]: before, ...others } = whole as Plain;
  const after = rest.length ? withAt(isPlain(before) ? before : {}, rest, value) : value;
  return (after === undefined ? others : { ...whole, [name]: after }) as F;
}

function namesOf(one: Plain, other: Plain): string[] {
  return [...new Set([...Object.keys(other), ...Object.keys(one)])];
}

function leavesOf(before: unknown, after: unknown, path: Path): Difference[] {
  const [one, other] = [before ?? {}, after ?? {}];
  if ((isPlain(before) || isPlain(after)) && isPlain(one) && isPlain(other)) {
    const names = namesOf(one, other);
    if (names.length) return names.flatMap((name) => leavesOf(one[name], other[name], [...path, name]));
  }
  return path.length ? [{ path, before, after, isChanged: !isSame(before, after) }] : [];
}
