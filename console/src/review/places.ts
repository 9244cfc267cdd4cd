import type { Shape } from "@/api/ask";

export type Evidence = Shape["Evidence"];
export type Form = Shape["Form"];
export type Span = readonly [start: number, end: number];

const ALIKE: Readonly<Record<string, string>> = Object.fromEntries([
  ...[..."“”„‟「」『』«»"].map((sign) => [sign, '"']),
  ...[..."‘’‚‛"].map((sign) => [sign, "'"]),
  ...[..."‐‑‒–—―−"].map((sign) => [sign, "-"]),
]);
const UNSEEN = /[\s\p{Cc}\p{Cf}\p{Variation_Selector}]/u;

/** A text as quotes are compared, and where in it each character stood. */
function fold(text: string): { folded: string; places: number[] } {
  let folded = "";
  const places: number[] = [];
  let at = 0;
  for (const character of text) {
    for (const each of UNSEEN.test(character) ? "" : character.normalize("NFKC")) {
      const plain = ALIKE[each] ?? each;
      if (UNSEEN.test(plain)) continue;
      folded += plain;
      for (let unit = 0; unit < plain.length; unit += 1) places.push(at);
    }
    at += character.length;
  }
  return { folded, places: [...places, at] };
}

/** Where a quote stands in a text; null where it does not. The API has checked it: here it is only found again. */
export function locate(text: string, quote: string, label = ""): Span | null {
  const { folded, places } = fold(text);
  const wanted = fold(quote).folded;
  const named = fold(`${label}：`).folded;
  for (const each of [wanted, wanted.startsWith(named) ? wanted.slice(named.length) : ""]) {
    const at = each ? folded.indexOf(each) : -1;
    if (at >= 0) return [places[at] ?? 0, places[at + each.length] ?? text.length];
  }
  return null;
}

/** The place that evidence is about: a field of the form, or the n-th of its attachments. */
export interface Place {
  kind: "field" | "file";
  index: number;
  label: string;
}

const FILE = /^附件(\d{1,3})/;

export function placeOf(evidence: Evidence, form: Form | null): Place | null {
  if (!form) return null;
  const field = form.fields.findIndex((each) => each.key === evidence.source);
  if (field >= 0) return { kind: "field", index: field, label: form.fields[field]?.label ?? "" };
  const number = Number(FILE.exec(evidence.source)?.[1] ?? 0);
  const file = form.attachments.findIndex((each) => number > 0 && each.number === number);
  return file >= 0 ? { kind: "file", index: file, label: form.attachments[file]?.name ?? "" } : null;
}
