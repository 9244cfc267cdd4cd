import { afterEach, expect, test } from "vitest";
import { preferences } from "@/settings/preferences";
import { inZone, ofZone } from "@/time/zone";

afterEach(() => {
  preferences.zone = "";
});

test.each([
  ["Asia/Shanghai", "2026-11-22T09:30", "2026-11-22T01:30:00.000Z"],
  ["UTC", "2026-11-22T09:30", "2026-11-22T09:30:00.000Z"],
  ["Europe/Berlin", "2026-07-01T12:00", "2026-07-01T10:00:00.000Z"],
  ["Europe/Berlin", "2026-10-25T04:00", "2026-10-25T03:00:00.000Z"],
])("what is typed in %s is meant there", (name, wall, at) => {
  preferences.zone = name;
  expect(ofZone(wall)).toBe(at);
  expect(inZone(at)).toBe(wall);
  expect([ofZone(""), inZone("")]).toEqual(["", ""]);
});
