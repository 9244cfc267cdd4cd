import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { nextTick } from "vue";
import { useTexts as usePlainTexts } from "@/panel/plain-texts";
import { preferences } from "@/settings/preferences";
import { defineTexts, followLocale, useTexts } from "@/texts/texts";
import { duration, fileSize, money, number, percent, relative, took } from "@/time/numbers";
import { dateTime, hourMinute } from "@/time/zone";

const SOURCE = join(import.meta.dirname, "../../src");
const AT = "2026-11-22T01:30:00Z";
const NOW = Date.parse("2026-11-22T03:31:00Z");

afterEach(() => {
  Object.assign(preferences, { locale: "zh", zone: "" });
});

const written = () => [
  number(1_234_567),
  number(1.25, 1),
  percent(1_998, 2_000),
  percent(0, 0),
  money(1_234.5),
  money(0.0123),
  money(0.000213),
  fileSize(184_320),
  fileSize(3_500_000),
  duration(68),
  duration(93_600),
  took(0.184),
  took(5.43),
  took(312.4),
  relative(AT, NOW),
  relative("2026-11-21T03:31:00Z", NOW),
];

test("numbers, shares, money, sizes and times are written as Chinese writes them, and as English once that is chosen", () => {
  expect(written()).toEqual([
    "1,234,567", "1.3", "99.9%", "–", "1,234.50", "0.0123", "0.00021", "180 kB", "3.3 MB",
    "1 分钟 8 秒", "1 天 2 小时", "184 毫秒", "5.4 秒", "5 分钟 12 秒", "2 小时前", "昨天",
  ]);
  preferences.locale = "en";
  expect(written()).toEqual([
    "1,234,567", "1.3", "99.9%", "–", "1,234.50", "0.0123", "0.00021", "180 kB", "3.3 MB",
    "1 min 8 sec", "1 day 2 hr", "184 ms", "5.4 sec", "5 min 12 sec", "2 hours ago", "yesterday",
  ]);
});

test("dates have the digits of ISO 8601 in both languages, and the one time zone of the page", () => {
  preferences.zone = "Asia/Shanghai";
  expect([dateTime(AT), hourMinute(AT)]).toEqual(["2026-11-22 09:30:00", "09:30"]);
  Object.assign(preferences, { locale: "en", zone: "UTC" });
  expect([dateTime(AT, true), hourMinute(AT)]).toEqual(["2026-11-22 01:30:00.000", "01:30"]);
});

test("a text writes the numbers that it is given, on the console and in the panel, and leaves ids as they are", async () => {
  const texts = defineTexts("numbers_of_a_test", { sent: ["{id}：已发送 {n} 条，每秒 {rate}", "{id}: {n} are sent, {rate} a second"] });
  const values = { id: "20231107", n: 12_345, rate: 0.5 };
  followLocale();
  for (const say of [useTexts(texts), usePlainTexts(texts)]) {
    preferences.locale = "zh";
    await nextTick();
    expect(say("sent", values)).toBe("20231107：已发送 12,345 条，每秒 0.5");
    preferences.locale = "en";
    await nextTick();
    expect(say("sent", values)).toBe("20231107: 12,345 are sent, 0.5 a second");
  }
});

/** What would write a number or a date in a language of its own. */
const ELSEWHERE = /\.toFixed\(|\.toPrecision\(|\.toLocale\w*String\(|\bIntl\.|\.toDateString\(|\.toTimeString\(/;
/** A count as a component was given it. */
const RAW = /\{\{ ?[\w?.]*\.(?:attempts|count|cost|length|sequence|size|sent|tokens|total|version|waiting) ?(?:\?\? [^}]*)?\}\}/;

test.each(globSync("**/*.{vue,ts}", { cwd: SOURCE }).filter((file) => !file.startsWith("time/")))("%s leaves the writing of numbers and dates to time/", (file) => {
  const text = readFileSync(join(SOURCE, file), "utf8");
  expect([ELSEWHERE.exec(text)?.[0], RAW.exec(text)?.[0]]).toEqual([undefined, undefined]);
});
