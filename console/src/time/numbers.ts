import { preferences } from "@/settings/preferences";

const locale = () => (preferences.locale === "zh" ? "zh-CN" : "en");

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

export function percent(part: number, whole: number): string {
  if (!whole) return "–";
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 }).format(part / whole);
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
  return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(Math.round(seconds / size), unit);
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
  return shown.map(([unit, value]) => unitOf(unit).format(value)).join(" ");
}

function unitOf(unit: string): Intl.NumberFormat {
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: preferences.locale === "zh" ? "long" : "short" });
}
