import { preferences } from "@/settings/preferences";

/** All numbers that people read are written here, as their language writes them: a test looks for those that are not. */
const formats = new Map<string, Intl.NumberFormat>();

function format(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify([preferences.locale, options]);
  const made = formats.get(key) ?? new Intl.NumberFormat(locale(), options);
  formats.set(key, made);
  return made;
}

const locale = () => (preferences.locale === "zh" ? "zh-CN" : "en");
/** `5 分钟`, as the texts of the console write it: ICU leaves no gap. */
const spaced = (text: string) => text.replace(/(\d)(\p{Script=Han})/gu, "$1 $2");
const inUnits = (value: number, unit: string, digits = 0) =>
  spaced(format({ style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits }).format(value));

export function number(value: number, digits = 0): string {
  return format({ maximumFractionDigits: digits }).format(value);
}

/** Values of a text: its numbers are written here too, so that a text is given what it tells of. */
export function written(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const write = (value: unknown) => (typeof value === "number" ? number(value, 6) : value);
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, write(value)]));
}

export function percent(part: number, whole: number): string {
  if (!whole) return "–";
  return format({ style: "percent", maximumFractionDigits: 1 }).format(part / whole);
}

/** `1,234.50`, `0.0123`, `0.00021`: what is less than a cent is told too. Price lists name no currency. */
export function money(value: number): string {
  if (value && Math.abs(value) < 0.01) return format({ maximumSignificantDigits: 2 }).format(value);
  return format({ minimumFractionDigits: 2, maximumFractionDigits: Math.abs(value) < 1 ? 4 : 2 }).format(value);
}

const KB = 1024;

/** `180 kB`, `1.5 MB`. */
export function fileSize(bytes: number): string {
  return bytes < KB * KB ? inUnits(bytes / KB, "kilobyte", 1) : inUnits(bytes / KB / KB, "megabyte", 1);
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** `3 分钟前`, `in 2 hours`. */
export function relative(at: string, now: number): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? (["second", 1] as const);
  return spaced(new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(Math.round(seconds / size), unit));
}

/** `45 秒`, `2 小时 5 分钟`: the two largest parts. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [string, number][] = [
    ["day", Math.floor(whole / 86_400)],
    ["hour", Math.floor(whole / 3_600) % 24],
    ["minute", Math.floor(whole / 60) % 60],
    ["second", whole % 60],
  ];
  const from = parts.findIndex(([, value]) => value > 0);
  const shown = from < 0 ? parts.slice(3) : parts.slice(from, from + 2).filter(([, value]) => value > 0);
  return shown.map(([unit, value]) => inUnits(value, unit)).join(" ");
}

/** How long something took that usually takes little: `184 毫秒`, `5.4 秒`, from a minute on as a duration. */
export function took(seconds: number): string {
  if (seconds >= 60) return duration(seconds);
  return seconds < 1 ? inUnits(seconds * 1000, "millisecond") : inUnits(seconds, "second", 1);
}
