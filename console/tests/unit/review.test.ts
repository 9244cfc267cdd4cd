import { describe, expect, test } from "vitest";
import { locate, placeOf } from "@/review/places";
import { pathOf } from "@/review/review";
import { stateOf } from "@/review/states";
import { parseEvents } from "@/review/stream";
import { delta, detail, events, result, task } from "../browser/answers/approvals";

describe("where a quote stands", () => {
  test.each([
    ["金额 ５０００ 元", "5000元", "５０００ 元"],
    ["他说“同意”——然后走了", '"同意"--', "“同意”——"],
    ["🎓 共\u200b 3\n天。", "共3天", "共\u200b 3\n天"],
    ["4,800 元", "金额：4,800 元", "4,800 元"],
  ])("in %j is found again as code found it", (text, quote, found) => {
    expect(text.slice(...(locate(text, quote, "金额") ?? [0, 0]))).toBe(found);
  });

  test.each([["", "x"], ["abc", ""], ["abc", "\u200b "], ["abc", "d"]])("in %j is nowhere for %j", (text, quote) => {
    expect(locate(text, quote)).toBeNull();
  });

  test("is a field by its key, else an attachment by its number", () => {
    const { form } = detail("T-1", null);
    const evidence = { page: null, quote: "x", verified: true, passage: "" };
    expect(placeOf({ ...evidence, source: "leave" }, form)).toMatchObject({ kind: "field", index: 1 });
    expect(placeOf({ ...evidence, source: "附件1.pdf" }, form)).toMatchObject({ kind: "file", index: 0, label: "诊断证明.pdf" });
    expect(placeOf({ ...evidence, source: "附件9.pdf" }, form)).toBeNull();
    expect(placeOf({ ...evidence, source: "leave" }, null)).toBeNull();
  });
});

test("the events of a response are read whole, with when to come again", () => {
  const read = parseEvents(events(delta(1, "甲\n\n乙"), { name: "done", id: "end", data: {} }));
  expect(read.retryMs).toBe(400);
  expect(read.events.map(({ name, id }) => [name, id])).toEqual([["delta", "00000000-1"], ["done", "end"]]);
  expect(JSON.parse(read.events[0]?.data ?? "")).toEqual({ number: 1, text: "甲\n\n乙" });
  expect(parseEvents("retry: 1000\n: nothing yet\n")).toEqual({ events: [], retryMs: 1000 });
});

test("what is shown of a task is its verdict, else how far its analysis is, else why there is none", () => {
  const shown = task("T-1");
  expect(stateOf(shown, result("processed", "approve"))).toBe("approve");
  expect(stateOf(shown, result("running", null))).toBe("running");
  expect(stateOf(shown, result("processed", null))).toBe("none");
  expect(stateOf({ ...shown, rule: null }, null)).toBe("no_rule");
  expect(stateOf({ ...shown, rule: { ...shown.rule!, status: false } }, null)).toBe("off");
});

test("an id that a list gave goes into a path as it is", () => {
  expect(pathOf("~dC1ldi8xIGE")).toBe("~dC1ldi8xIGE");
  expect(pathOf("t-ev/1 a")).toBe("~dC1ldi8xIGE");
});
