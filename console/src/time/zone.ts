import { computed } from "vue";
import { config } from "@/settings/config";
import { preferences } from "@/settings/preferences";

/** The one time zone of all times on the page. */
export const zone = computed(() => preferences.zone || config().time_zone);

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The zones to choose from, the configured one first. */
export function zones(): string[] {
  return [...new Set([config().time_zone, "Asia/Shanghai", "UTC", browserZone()])];
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([zone.value, options]);
  const known = formats.get(key);
  if (known) return known;
  // Digits and order of ISO 8601 in both languages: unambiguous, and columns stay straight.
  const made = new Intl.DateTimeFormat("sv-SE", { timeZone: zone.value, ...options });
  formats.set(key, made);
  return made;
}

const DATE = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;

/** `2026-11-22 09:30:00`; `with ms`: and milliseconds. */
export function dateTime(at: string | number | Date, millis = false): string {
  return format({ ...DATE, ...TIME, ...(millis ? { fractionalSecondDigits: 3 as const } : {}) }).format(new Date(at)).replace(",", ".");
}

/** A time as a field of dates takes it, `2026-11-22T09:30`, in the zone; empty for none. */
export function inZone(at: string): string {
  return at && dateTime(at).slice(0, 16).replace(" ", "T");
}

/** The time, RFC 3339, that such a field of the zone means; empty for none. */
export function ofZone(wall: string): string {
  const meant = Date.parse(`${wall}Z`);
  if (Number.isNaN(meant)) return "";
  const ahead = (at: number) => Date.parse(`${inZone(new Date(at).toISOString())}Z`) - Math.floor(at / 60_000) * 60_000;
  return new Date(meant - ahead(meant - ahead(meant))).toISOString();
}

export function timeOnly(at: string | number | Date): string {
  return format(TIME).format(new Date(at));
}

export function hourMinute(at: string | number | Date): string {
  return format({ hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

export function dateOnly(at: string | number | Date): string {
  return format(DATE).format(new Date(at));
}

/** Such as `UTC+8`, for the person who wonders which zone that is. */
export function offset(name = zone.value): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone: name, timeZoneName: "shortOffset" }).formatToParts(new Date());
  return (parts.find((part) => part.type === "timeZoneName")?.value ?? "").replace("GMT", "UTC");
}
