import { afterEach, expect, test } from "vitest";
import { sayReason } from "@/reasons/reasons";
import texts from "@/reasons/texts";
import { i18n, type Pair } from "@/texts/texts";

const PAIRS: readonly Pair[] = Object.values(texts.pairs);
const VALUES: Readonly<Record<string, string>> = { status: "503", why: "the instance was deleted", field: "tasks[0].node_id" };
const filled = (sentence: string, why: string) => sentence.replace(/\{(\w+)\}/g, (_, name: string) => (name === "why" ? why : (VALUES[name] ?? "42")));

afterEach(() => {
  i18n.global.locale.value = "zh";
});

test.each(PAIRS)("%s is known again in either language", (zh, en) => {
  const inBoth = [filled(zh, "实例已删除"), filled(en, "the instance was deleted")] as const;
  for (const [index, locale] of (["zh", "en"] as const).entries()) {
    i18n.global.locale.value = locale;
    expect(inBoth.map(sayReason)).toEqual([inBoth[index], inBoth[index]]);
  }
});

test("what a platform said stays as it came, also within a sentence of ours", () => {
  expect(sayReason("用户不存在: please ask <b>IT</b>")).toBe("用户不存在: please ask <b>IT</b>");
  expect(sayReason("the token call failed: 系统忙; try later")).toBe("取令牌失败：系统忙; try later");
  expect(sayReason("")).toBe("");
});

test("a reason within a reason is said too, and so are several in a row", () => {
  expect(sayReason("token refused, with nothing left to try: HTTP 401")).toBe("令牌被拒绝，换过也不行：HTTP 401");
  expect(sayReason("no rule in force: node.rule: expected at most 8000 characters, got 9000; node.file_key: expected at most 20 fields, got 30")).toBe(
    "没有生效的规则：node.rule：最多 8000 个字符，收到 9000 个；node.file_key：最多 20 个字段，收到 30 个",
  );
  expect(sayReason("tasks[0].status: expected one of init, done, got 'x'")).toBe("tasks[0].status：只能是 init, done 之一，收到 'x'");
});

test("a reason that causes tell without its numbers is known as well", () => {
  expect(sayReason("connected, but no whole answer within … s: too slow")).toBe("已连接，但 … 秒内没有完整应答：太慢");
  expect(sayReason("HTTP …")).toBe("HTTP …");
});

test("what is too long to be a sentence of ours is shown as it came, at once", () => {
  i18n.global.locale.value = "en";
  expect(sayReason("连接中断：".repeat(10))).toMatch(/^the connection broke/);
  const endless = "连接中断：".repeat(2_000);
  expect(sayReason(endless)).toBe(endless);
});
