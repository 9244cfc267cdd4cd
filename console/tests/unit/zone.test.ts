import { afterEach, expect, test } from "vitest";
import { preferences } from "@/settings/preferences";
import { instantOf, wallOf } from "@/time/zone";

const before = preferences.zone;
afterEach(() => {
  preferences.zone = before;
});

test.each([
  ["Asia/Shanghai", "2026-11-22T09:30", "2026-11-22T01:30:00.000Z"],
  ["UTC", "2026-11-22T09:30", "2026-11-22T09:30:00.000Z"],
  ["Europe/Berlin", "2026-03-29T04:00", "2026-03-29T02:00:00.000Z"],
  ["Europe/Berlin", "2026-10-25T03:30", "2026-10-25T02:30:00.000Z"],
])("in %s the clocks show %s at %s", (zone, wall, at) => {
  preferences.zone = zone;
  expect(instantOf(wall)).toBe(at);
  expect(wallOf(at)).toBe(wall);
});

test("no time is none", () => {
  expect([instantOf(""), wallOf("")]).toEqual(["", ""]);
});
