import { mount } from "@vue/test-utils";
import { expect, test } from "vitest";
import { nextTick, reactive } from "vue";
import { groupsOf, hintOf, kindOf, MASK, namesOf, type Part, textOf, TYPED, valueOf, withSecrets } from "@/parts/schema/schema";
import SchemaForm from "@/parts/schema/SchemaForm.vue";
import { skippedOf } from "@/pages/trigger-rules/trigger-rules";
import { wayOf } from "@/pages/platforms/platforms";
import { now, removal } from "../browser/answers/setup";

const text = (more: Part = {}): Part => ({ type: "string", ...more });
const schema: Part = {
  type: "object",
  required: ["host", "app_secret"],
  properties: {
    codes: { type: "array", items: { type: "string" }, default: ["0"], group: "codes" },
    host: text({ group: "connection", label: { zh: "网关地址", en: "Gateway" } }),
    app_secret: text({ secret: true, group: "connection" }),
    scene: text({ group: "scene", ask: { zh: "请向某厂商确认", en: "ask somebody" } }),
    timeout: { type: "number", exclusiveMinimum: 0, maximum: 30, default: 10, group: "limits" },
    map: { type: "object", group: "codes", properties: { a: { type: ["integer", "string"] } } },
    rows: { type: "array", group: "codes", items: { type: "object", properties: { model: text() } } },
    extra: { type: "object", group: "codes" },
    streams: { type: "boolean", default: true },
    use: { enum: ["all", "none"], default: "none" },
  },
};

test("each part of a schema has a kind of field", () => {
  const kinds = Object.entries(schema.properties!).map(([name, part]) => [name, kindOf(part)]);
  expect(Object.fromEntries(kinds)).toEqual({
    codes: "list",
    host: "text",
    app_secret: "secret",
    scene: "text",
    timeout: "number",
    map: "group",
    rows: "rows",
    extra: "json",
    streams: "switch",
    use: "choice",
  });
  expect(kindOf({ type: ["integer", "string"] })).toBe("code");
});

test("groups with something required come first", () => {
  expect(groupsOf(schema).map((group) => group.name)).toEqual(["connection", "codes", "scene", "limits", ""]);
});

test.each([
  ["number", "1.50", 1.5],
  ["number", "many", "many"],
  ["number", "", undefined],
  ["code", "3", 3],
  ["code", "3a", "3a"],
  ["json", '{"a": 1}', { a: 1 }],
  ["json", "{", "{"],
  ["text", "3", "3"],
] as const)("a %s field that holds %j has the value %j", (kind, typed, value) => {
  expect(valueOf(kind, typed)).toEqual(value);
  if (kind === "json" && value === "{") expect(textOf(kind, value)).toBe(typed);
});

test("hints tell what the API would refuse at first sight", () => {
  const timeout = schema.properties!["timeout"]!;
  expect(hintOf(timeout, 31)).toEqual({ key: "at_most", values: { limit: 30 } });
  expect(hintOf(timeout, 0)).toEqual({ key: "over", values: { limit: 0 } });
  expect(hintOf(timeout, "many")).toEqual({ key: "not_number" });
  expect(hintOf({ type: "integer" }, 1.5)).toEqual({ key: "not_whole" });
  expect(hintOf(schema.properties!["extra"]!, "{")).toEqual({ key: "not_json" });
  expect(hintOf(timeout, undefined)).toBeUndefined();
});

test("a setting is named by its path, for whoever compares two versions", () => {
  expect(namesOf(schema, "settings", "zh")).toMatchObject({ "settings.host": "网关地址", "settings.map.a": "map · a" });
});

test("what stands for a secret that was typed is replaced when it is sent, and a mask stays", () => {
  expect(withSecrets({ app_secret: TYPED, other: MASK }, { app_secret: "s" })).toEqual({ app_secret: "s", other: MASK });
  expect(withSecrets({ app_secret: TYPED }, {})).toEqual({ app_secret: MASK });
});

test("a form leaves out what is empty, marks what is required and to be asked, and shows problems at their fields", async () => {
  const state = reactive({ values: { app_secret: MASK, timeout: 5 } as Record<string, unknown>, secrets: {} as Record<string, string> });
  const form = mount(SchemaForm, {
    props: {
      schema,
      prefix: "settings",
      problemAt: (field: string) => ("settings.map.a".startsWith(field) ? "expected another" : ""),
      stored: { app_secret: MASK },
      secrets: state.secrets,
      modelValue: state.values,
      "onUpdate:modelValue": (values: Record<string, unknown>) => {
        state.values = values;
        void form.setProps({ modelValue: values });
      },
      onSecret: (name: string, typed: string) => void form.setProps({ secrets: { [name]: typed } }),
    },
  });
  expect(form.findAll(".required-mark")).toHaveLength(2);
  expect(form.find(".ask-mark").text()).toBe("请向某厂商确认");
  expect(form.find(".field__problem").text()).toBe("expected another");
  expect(form.findAll("details").map((group) => group.attributes("open") !== undefined)).toEqual([true, true, false, false, false]);

  const secret = form.find('input[type="password"]');
  expect((secret.element as HTMLInputElement).value).toBe("");
  await secret.setValue("typed");
  await form.findAll("input").find((input) => (input.element as HTMLInputElement).value === "5")!.setValue("");
  await nextTick();
  expect(state.values).toEqual({ app_secret: TYPED });
  await secret.setValue("");
  expect(state.values).toEqual({ app_secret: MASK });
});

test("what deleting a platform comes to follows from what names it and what waits", () => {
  expect(wayOf(removal)).toBe("free");
  expect(wayOf({ ...removal, rules: ["r"] })).toBe("named");
  const waiting = { ...removal, waiting: { parked: 0, queued: true } };
  expect(wayOf(waiting)).toBe("waits");
  expect(wayOf({ ...waiting, enabled: false })).toBe("waits_disabled");
  expect(wayOf({ ...waiting, draining: true })).toBe("drains");
});

test("actions that reach no target are skipped; a published node concerns AI approval alone", () => {
  expect(skippedOf({ ...now, flows: [] })).toContain("node_published");
  expect(skippedOf({ ...now, targets: ["push:jz"], flows: [] })).not.toContain("node_published");
  expect(skippedOf(now)).toContain("instance_deleted");
});
