export const SPANS = ["week", "day", "hour", "all", "own"] as const;
export type Span = (typeof SPANS)[number];

const SECONDS: Record<string, number> = { week: 7 * 86_400, day: 86_400, hour: 3_600 };
export const EVER = "1970-01-01T00:00:00.000Z";
const STEP_MS = 60_000;

/** Where a span begins, RFC 3339, to the minute: a list that is asked again asks for the same. */
export function startOf(span: string, now = Date.now()): string {
  if (span === "all") return EVER;
  const seconds = SECONDS[span];
  return seconds ? new Date(Math.floor((now - seconds * 1000) / STEP_MS) * STEP_MS).toISOString() : "";
}
