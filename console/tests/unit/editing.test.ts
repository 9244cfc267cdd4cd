import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defineComponent, h, ref } from "vue";
import { createMemoryHistory, createRouter, type Router } from "vue-router";
import { Problem } from "@/api/problem";
import DifferenceTable from "@/editing/DifferenceTable.vue";
import { differencesOf, withAt } from "@/editing/differences";
import { type Draft, useDraft } from "@/editing/draft";
import { marksOf } from "@/editing/marks";
import { clashesOf, mergedOf } from "@/editing/merge";
import { asked, guardUnsaved } from "@/editing/unsaved";
import { sayProblem } from "@/flaws/flaws";
import { i18n } from "@/texts/texts";

interface Form {
  name: string;
  keys: string[];
  version: number;
}

const CONFLICT = new Problem(409, "version_conflict", "Somebody else changed it since it was read.");
const READ: Form = { name: "请假", keys: ["a"], version: 3 };
const THEIRS: Form = { name: "请假", keys: ["a", "b"], version: 4 };

/** A mounted form, and what it was asked to put. */
function draftOf(put: (mine: Form) => Promise<Form>): { draft: Draft<Form>; seen: ReturnType<typeof ref<Form>>; unmount: () => void } {
  const seen = ref<Form>(READ);
  let draft!: Draft<Form>;
  const form = mount(
    defineComponent(() => {
      draft = useDraft<Form>({ read: () => seen.value, put, readAgain: async () => THEIRS, names: ["open"] });
      return () => h("p");
    }),
  );
  return { draft, seen, unmount: () => form.unmount() };
}

describe("what differs between two objects", () => {
  test("is told field by field, in objects within objects too, and lists as a whole", () => {
    const found = differencesOf({ settings: { host: "a", port: 1 }, ids: ["x"] }, { settings: { host: "b", port: 1 }, ids: ["x"], on: true });
    expect(found.filter((each) => each.isChanged).map((each) => each.path.join("."))).toEqual(["settings.host", "on"]);
    expect(found.filter((each) => !each.isChanged).map((each) => each.path.join("."))).toEqual(["settings.port", "ids"]);
  });

  test("is everything where one of them did not exist", () => {
    expect(differencesOf(null, { name: "a" })).toEqual([{ path: ["name"], before: undefined, after: "a", isChanged: true }]);
  });

  test("is marked word by word, and in Chinese character by character", () => {
    const { before, after } = marksOf("金额不超过 5000 元", "金额不超过 8000 元，附发票");
    expect(before.filter((part) => part.isMarked).map((part) => part.text)).toEqual(["5000"]);
    expect(after.filter((part) => part.isMarked).map((part) => part.text)).toEqual(["8000", "，附发票"]);
  });

  test("is marked as a whole where two texts have little in common, or are very long", () => {
    expect(marksOf("one two three", "甲乙丙丁戊己庚辛").after).toEqual([{ text: "甲乙丙丁戊己庚辛", isMarked: true }]);
    expect(marksOf("甲".repeat(10_000), "乙".repeat(10_000)).before).toHaveLength(1);
  });

  test("stands in a table, text of others as text", () => {
    const table = mount(DifferenceTable, {
      props: { before: { reason: "<b>old</b>" }, after: { reason: "<img src=x>" }, names: { reason: "原因" } },
      global: { plugins: [i18n] },
    });
    expect(table.find("tbody").text()).toContain("原因");
    expect(table.find("tbody").text()).toContain("<img src=x>");
    expect(table.find("img, b").exists()).toBe(false);
  });
});

describe("a merge", () => {
  const base = { name: "n", settings: { host: "a", port: 1 }, version: 1 };
  const mine = { name: "mine", settings: { host: "a", port: 2 }, version: 1 };
  const theirs = { name: "theirs", settings: { host: "b", port: 1 }, version: 2 };

  test("keeps mine where I changed it and theirs where they did, and marks what both changed", () => {
    const clashes = clashesOf(base, mine, theirs);
    expect(clashes.map((each) => [each.path.join("."), each.choice, each.isOfBoth])).toEqual([
      ["name", "mine", true],
      ["settings.host", "theirs", false],
      ["settings.port", "mine", false],
    ]);
    expect(mergedOf(theirs, clashes)).toEqual({ name: "mine", settings: { host: "b", port: 2 }, version: 2 });
  });

  test("takes away what I took away, and leaves the others' objects as they are", () => {
    expect(withAt({ a: { b: 1, c: 2 } }, ["a", "b"], undefined)).toEqual({ a: { c: 2 } });
    expect(theirs.settings).toEqual({ host: "b", port: 1 });
  });
});

describe("a draft", () => {
  test("follows what is read until somebody types, and then keeps what was typed", async () => {
    const { draft, seen, unmount } = draftOf(async (mine) => mine);
    seen.value = { ...READ, name: "新名" };
    await flushPromises();
    expect(draft.mine.value?.name).toBe("新名");
    draft.mine.value!.name = "我写的";
    seen.value = THEIRS;
    await flushPromises();
    expect(draft.mine.value?.name).toBe("我写的");
    unmount();
  });

  test("that meets another's version is merged with it, and is saved at that version", async () => {
    const put: Form[] = [];
    const { draft, unmount } = draftOf(async (mine) => {
      put.push(mine);
      if (mine.version === 3) throw CONFLICT;
      return { ...mine, version: 5 };
    });
    draft.mine.value!.name = "事假";
    expect(await draft.save()).toBe(false);
    expect(draft.theirs.value).toEqual(THEIRS);
    draft.settle(mergedOf(THEIRS, clashesOf(draft.base.value!, draft.mine.value!, THEIRS)));
    expect(await draft.save()).toBe(true);
    expect(put.at(-1)).toEqual({ name: "事假", keys: ["a", "b"], version: 4 });
    expect(draft.isChanged.value).toBe(false);
    unmount();
  });

  test("keeps its text where saving fails, and says what is wrong at the field", async () => {
    const { draft, unmount } = draftOf(async () => {
      throw new Problem(422, "invalid_request", "keys.0: too long", [{ in: "body", field: "keys.0", problem: "too long" }]);
    });
    draft.mine.value!.name = "事假";
    expect(await draft.save()).toBe(false);
    expect(draft.mine.value?.name).toBe("事假");
    expect([draft.problemAt("keys"), draft.problemAt("name")]).toEqual(["too long", ""]);
    unmount();
  });
});

test("what is refused is told by the names of its fields, of a list by which one, and by the path where no form knows it", () => {
  const errors = ["settings.models[1].model", "keys.0", "settings.host", "other"].map((field) => ({ in: "body" as const, field, problem: "bad" }));
  const names = { settings: "设置", "settings.models": "模型参数", "settings.host": "网关地址", keys: "字段" };
  expect(sayProblem(new Problem(422, "invalid_request", "", errors), names)).toBe("模型参数 2: bad; 字段 1: bad; 网关地址: bad; other: bad");
  const inRow = { in: "body" as const, field: "settings.keys[1].host", problem: "bad" };
  expect(sayProblem(new Problem(422, "invalid_request", "", [inRow]), { "settings.keys": "密钥", "settings.keys.host": "密钥 · 主机" })).toBe("密钥 · 主机 2: bad");
});

test("what is refused as a whole is said by its code, and what has no words here as the API says it", () => {
  expect(sayProblem(new Problem(429, "too_many_calls", "At most 60 calls a minute.", [], "", 120))).toContain("操作太频繁");
  expect(sayProblem(new Problem(409, "newer_code", "Something new."))).toBe("Something new.");
});

describe("leaving what is unsaved", () => {
  let router: Router;
  let page: ReturnType<typeof draftOf>;

  beforeEach(async () => {
    router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/:page", component: { render: () => null } }] });
    guardUnsaved(router);
    await router.push("/nodes?open=n1");
    page = draftOf(async (mine) => mine);
  });
  afterEach(() => page.unmount());

  test("asks where the page changes, or what it is open at, and nowhere else", async () => {
    page.draft.mine.value!.name = "事假";
    await router.push("/nodes?open=n1&filter=x");
    expect(asked.value).toBeNull();
    for (const way of ["/nodes?filter=x", "/changes"]) {
      const going = router.push(way);
      await flushPromises();
      expect(asked.value).not.toBeNull();
      asked.value?.(false);
      await going;
      expect(router.currentRoute.value.fullPath).toBe("/nodes?open=n1&filter=x");
    }
    const going = router.push("/changes");
    await flushPromises();
    asked.value?.(true);
    await going;
    expect(router.currentRoute.value.path).toBe("/changes");
  });

  test("asks nothing once it is saved", async () => {
    page.draft.mine.value!.name = "事假";
    await page.draft.save();
    await router.push("/changes");
    expect(router.currentRoute.value.path).toBe("/changes");
  });

  test("asks before the page is reloaded", async () => {
    const event = () => new Event("beforeunload", { cancelable: true });
    expect(window.dispatchEvent(event())).toBe(true);
    page.draft.mine.value!.name = "事假";
    expect(window.dispatchEvent(event())).toBe(false);
  });
});
