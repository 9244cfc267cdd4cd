import type { Address } from "@/address/address";

export type Span = "hour" | "day" | "week" | "month" | "quarter" | "all" | "own";
/** How the address says the time of a list; `from` and `to` are RFC 3339 and hold for the span `own`. */
export type TimeNames = "span" | "from" | "to";

const SECONDS: Record<string, number> = { quarter: 90 * 86_400, month: 30 * 86_400, week: 7 * 86_400, day: 86_400, hour: 3_600 };
export const EVER = "1970-01-01T00:00:00.000Z";
const STEP_MS = 60_000;

/** Where a span begins, RFC 3339, to the minute: a list that is asked again asks for the same. */
export function startOf(span: string, now = Date.now()): string {
  if (span === "all") return EVER;
  const seconds = SECONDS[span];
  return seconds ? new Date(Math.floor((now - seconds * 1000) / STEP_MS) * STEP_MS).toISOString() : "";
}

/** From when to when the address says, RFC 3339, empty for an open end. */
export function timesOf(address: Address<TimeNames>): { from: string; to: string } {
  if (address.span.value === "own") return { from: address.from.value, to: address.to.value };
  return { from: startOf(address.span.value), to: "" };
}
