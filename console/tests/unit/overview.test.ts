import { expect, test } from "vitest";
import type { Summary } from "@/api/summary";
import { needs } from "@/pages/overview/overview";
import { summary } from "../browser/data";

const [well] = summary.ai_platforms;
const open = { state: "open", opened_at: summary.at, reason: "503", wants_money: false, quiet_until: null } as const;

function kindsOf(...platforms: Summary["ai_platforms"]): string[] {
  return needs({ ...summary, ai_platforms: platforms })
    .map((need) => need.kind)
    .filter((kind) => kind.startsWith("ai_"));
}

test("an AI platform needs a hand while it does not answer or wants money, and not where it is switched off", () => {
  expect(kindsOf(well!)).toEqual([]);
  expect(kindsOf({ ...well!, breaker: open })).toEqual(["ai_down"]);
  expect(kindsOf({ ...well!, breaker: { ...open, wants_money: true } })).toEqual(["ai_quota"]);
  expect(kindsOf({ ...well!, breaker: open, enabled: false })).toEqual([]);
});
