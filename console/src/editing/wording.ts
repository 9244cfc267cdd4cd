import { useTexts } from "@/texts/texts";
import { number } from "@/time/numbers";
import texts from "./texts";

const say = useTexts(texts);

/** A value of a field as a person reads it: of a list one entry a line. Empty where there is nothing. */
export function wordingOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  if (typeof value === "number") return number(value, 6);
  if (Array.isArray(value)) return value.map(entryOf).join("\n");
  return typeof value === "object" ? entryOf(value) : String(value);
}

function entryOf(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wordingOf(value);
  return Object.entries(value)
    .map(([name, each]) => `${name}: ${wordingOf(each)}`)
    .join(" · ");
}
