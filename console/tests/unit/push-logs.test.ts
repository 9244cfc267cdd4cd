import { expect, test } from "vitest";
import { asCurl, tellingEntry } from "@/pages/push-logs/push-logs";
import { startOf } from "@/lists/spans";
import { fieldOf } from "@/pages/rejected/rejected";
import { progressOf } from "@/pages/replays/replays";
import { detail, log, replays } from "../browser/data";

test("a call for the terminal is quoted, and what was masked stays masked", () => {
  const attempt = { ...detail("jz:ev-1").attempts[0]!, request: `{"token":"********","title":"it's"}` };
  const call = asCurl(attempt);
  expect(call).toContain(`'{"token":"********","title":"it'\\''s"}'`);
  expect(call).toMatch(/^curl -X POST "\$HOST"'\/mdbl-api/);
  expect(call).toContain("-H 'accessToken: ********'");
});

test("the entry with a reason tells most of a log", () => {
  expect(tellingEntry(log(1))?.reason).toContain("不存在");
});

test("a span begins at a full minute, so that a list that is asked again is the same", () => {
  const now = Date.parse("2026-11-22T09:30:42.500Z");
  expect(startOf("hour", now)).toBe("2026-11-22T08:30:00.000Z");
  expect(startOf("own", now)).toBe("");
});

test("the field that failed is read from the reason", () => {
  expect(fieldOf("detail.occurredAt: expected a time")).toBe("detail.occurredAt");
  expect(fieldOf("not JSON")).toBe("");
});

test("how far a replay is follows from what it looked at", () => {
  const [running, done] = replays.items;
  expect(progressOf(running!)).toBeCloseTo(1830 / 4200);
  expect(progressOf(done!)).toBe(1);
  expect(progressOf({ ...running!, count: null })).toBeNull();
});
