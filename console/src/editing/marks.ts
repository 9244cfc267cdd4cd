/** A piece of a text; marked where the other text has something else. */
export interface Part {
  text: string;
  isMarked: boolean;
}

const TOKENS = /\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}_])+|\s+|./gsu;
const CELLS = 250_000; // of the table in which two texts are compared; larger ones are marked as a whole
const LEAST_ALIKE = 0.25; // with less in common, single marked words tell nothing

/** Two texts with what differs marked in each: word by word, in Chinese character by character. */
export function marksOf(before: string, after: string): { before: Part[]; after: Part[] } {
  const [one, other] = [before.match(TOKENS) ?? [], after.match(TOKENS) ?? []];
  const start = countAlike(one, other);
  const end = countAlike(one.slice(start).reverse(), other.slice(start).reverse());
  const kept = alike(one.slice(start, one.length - end), other.slice(start, other.length - end));
  const sides = (tokens: string[], side: 0 | 1) => {
    const keeps = new Set(kept.map((pair) => pair[side] + start));
    return joined(tokens, (index) => index < start || index >= tokens.length - end || keeps.has(index));
  };
  return { before: sides(one, 0), after: sides(other, 1) };
}

function countAlike(one: readonly string[], other: readonly string[]): number {
  const found = one.findIndex((token, index) => token !== other[index]);
  return found < 0 ? one.length : found;
}

/** Places of the longest run of tokens, with gaps, that both have. */
function alike(one: readonly string[], other: readonly string[]): [number, number][] {
  if (one.length * other.length > CELLS) return [];
  const width = other.length + 1;
  const longest = new Uint16Array((one.length + 1) * width);
  const length = (row: number, column: number) => longest[row * width + column] ?? 0;
  for (let row = one.length - 1; row >= 0; row -= 1) {
    for (let column = other.length - 1; column >= 0; column -= 1) {
      const here = one[row] === other[column] ? length(row + 1, column + 1) + 1 : Math.max(length(row + 1, column), length(row, column + 1));
      longest[row * width + column] = here;
    }
  }
  if (length(0, 0) < LEAST_ALIKE * Math.max(one.length, other.length)) return [];
  return walked(one, other, length);
}

function walked(one: readonly string[], other: readonly string[], length: (row: number, column: number) => number): [number, number][] {
  const pairs: [number, number][] = [];
  let [row, column] = [0, 0];
  while (row < one.length && column < other.length) {
    if (one[row] === other[column]) pairs.push([row++, column++]);
    else if (length(row + 1, column) >= length(row, column + 1)) row += 1;
    else column += 1;
  }
  return pairs;
}

function joined(tokens: readonly string[], isKept: (index: number) => boolean): Part[] {
  const parts: Part[] = [];
  for (const [index, text] of tokens.entries()) {
    const last = parts.at(-1);
    const isMarked = !isKept(index);
    if (last?.isMarked === isMarked) last.text += text;
    else parts.push({ text, isMarked });
  }
  return parts;
}
