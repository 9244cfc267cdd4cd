import { preferences } from "@/settings/preferences";
import { useTexts } from "@/texts/texts";
import texts from "./texts";

type Kind = keyof typeof texts.pairs;
type Values = Record<string, string>;

const say = useTexts(texts);
/** What a value may be where a wrong one would take in more than it is. */
const VALUES: Readonly<Record<string, string>> = { field: "[\\w.[\\]-]+", status: "[\\d…]+", platform: "\\S+" };
/** In characters. What is longer is nobody's sentence, and looking for one in it could take seconds. */
const LONGEST = 1_000;
const wordsOf = (sentence: string) => sentence.replace(/\{\w+\}/g, "").length;
/** Sentences with the most words first: a sentence is known by all of them. */
const known = (Object.keys(texts.pairs) as Kind[])
  .flatMap((kind) => texts.pairs[kind].map((sentence) => ({ kind, sentence, pattern: patternOf(sentence) })))
  .sort((one, other) => wordsOf(other.sentence) - wordsOf(one.sentence));

/** A reason in the language of now: one of our own by its words, what somebody else said as it came. */
export function sayReason(reason: string): string {
  return (reason.length <= LONGEST ? translated(reason) : undefined) ?? reason;
}

function translated(reason: string): string | undefined {
  return allOf(reason.split(/；|; /)) ?? whole(reason);
}

/** Several reasons in a row, if each of them is known. */
function allOf(parts: readonly string[]): string | undefined {
  const said = parts.length > 1 ? parts.map(whole) : [undefined];
  return said.every((part) => part !== undefined) ? said.join(preferences.locale === "zh" ? "；" : "; ") : undefined;
}

function whole(reason: string): string | undefined {
  for (const { kind, pattern } of known) {
    const found = pattern.exec(reason);
    const said = found ? fill(kind, found.groups ?? {}) : undefined;
    if (said !== undefined) return said;
  }
  return undefined;
}

/** Undefined where nothing but what is wrong tells that a text before a colon is the name of a field, and it is not known. */
function fill(kind: Kind, values: Values): string | undefined {
  const why = values["why"] === undefined ? undefined : translated(values["why"]);
  if (kind === "of_field" && why === undefined) return undefined;
  return say(kind, why === undefined ? values : { ...values, why });
}

function patternOf(sentence: string): RegExp {
  const escaped = sentence.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>${VALUES[name] ?? "[^]*?"})`)}$`, "u");
}
