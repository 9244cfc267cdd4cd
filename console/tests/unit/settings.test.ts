import { describe, expect, test } from "vitest";
import { chainOf, effectsOf, withChain } from "@/pages/ai-settings/ai-settings";
import { isCut, tellChange } from "@/pages/changes/changes";
import { decodeId } from "@/address/ids";
import { pageOf, subjectOf, subjectText } from "@/pages/changes/subjects";
import { asksOtherwise, formOf, isWanted } from "@/pages/nodes/nodes";
import { aiSettings, changes, node } from "../browser/answers/settings";

describe("the chain of models", () => {
  test("is one list for a person: who is first in it is asked first", () => {
    const [first, second] = chainOf(aiSettings);
    const turned = withChain(aiSettings, [second!, first!]);
    expect([turned.platform_id, turned.fallbacks]).toEqual([second?.platform_id, [first]]);
    expect(chainOf(withChain(aiSettings, []))).toEqual([]);
  });
});

test("what saving the settings means is said where it is more than a value", () => {
  expect(effectsOf(aiSettings, { ...aiSettings, retention_days: 90 })).toEqual([]);
  expect(effectsOf(aiSettings, { ...aiSettings, examine_enable: false, masking: false })).toEqual(["turns_off", "shows_all"]);
  expect(effectsOf(aiSettings, { ...aiSettings, daily_total: 0 })).toEqual([]);
  expect(effectsOf(aiSettings, { ...aiSettings, daily_total: 0, daily_cost: 0 })).toEqual(["no_cap"]);
});

test("nodes are found by any of their names, by their rule and by what they are", () => {
  const [bare, ruled] = [node(3), node(5)];
  expect([isWanted(ruled, "证明", ""), isWanted(ruled, "EXPENSE", "ruled"), isWanted(ruled, "", "unruled")]).toEqual([true, true, false]);
  expect([isWanted(bare, "", "unruled"), isWanted(bare, "证明", "")]).toEqual([true, false]);
});

test("open tasks lose their results by what is asked, not by when it is asked", () => {
  const form = formOf(node(0));
  expect(asksOtherwise(form, { ...form, auto_analysis: !form.auto_analysis })).toBe(false);
  expect(asksOtherwise(form, { ...form, keynote: "看假条" })).toBe(true);
  expect(asksOtherwise(form, { ...form, checks: form.checks.filter((each) => each.confirmed) })).toBe(false);
});

describe("the trail", () => {
  test("tells which fields a change is of, and leaves out what follows from them", () => {
    const [platform, , made, , deleted] = changes.items;
    expect(tellChange(platform!)).toEqual({ kind: "changed", fields: ["settings.host", "settings.scene_code"] });
    expect([tellChange(made!).kind, tellChange(deleted!).kind]).toEqual(["made", "deleted"]);
    expect(tellChange({ ...platform!, after: platform!.before }).kind).toBe("same");
    expect([isCut(platform!), isCut({ ...platform!, after: { cut: "too large to be shown" } })]).toEqual([false, true]);
  });

  test("names its subjects by ids of any kind, and knows their pages", () => {
    const subject = subjectText("node", ["leave", "n/1 a"]);
    expect(subjectOf(subject).ids.map(decodeId)).toEqual(["leave", "n/1 a"]);
    expect(subjectText("node", subjectOf(subject).ids)).toBe(subject);
    expect([subjectText("platform", []), subjectText("ai-settings", [])]).toEqual(["", "ai-settings"]);
    expect(pageOf(subjectOf(subject))).toEqual({ name: "nodes", query: { open: subject.slice("node/".length) } });
    expect(pageOf(subjectOf("own-rule/10021/leave/n1"))).toBeUndefined();
  });
});
