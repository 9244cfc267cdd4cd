import { expect, test } from "vitest";
import { byArea, codesOf, filtered, refusals, refusalsOf, routesOf } from "@/pages/api/description";
import { asCurl, exampleOf, fieldsOf, parametersOf } from "@/pages/api/examples";
import { description } from "../browser/answers/api-description";

const { schemas } = description.components;
const routes = routesOf(description);
const route = (id: string) => routes.find((each) => each.id === id)!;

test("routes stand by area, those that are known first, and are found by all words that are typed", () => {
  expect(byArea(routes, ["replays", "AI"]).map(([area, inArea]) => `${area} ${inArea.length}`)).toEqual(["replays 3", "AI 1", "health 1", "description 1"]);
  expect(filtered(routes, " POST  ops ").map((each) => each.id)).toEqual(["replays.create"]);
  expect(filtered(routes, "")).toHaveLength(6);
});

test("an example is made of the examples of its parts, also of a schema that holds itself", () => {
  expect(exampleOf({ $ref: "#/components/schemas/ReplayWanted" }, schemas)).toEqual({ platform_id: "jz", reason: "the teacher's account was created", dry_run: false });
  expect(exampleOf({ $ref: "#/components/schemas/Replays" }, schemas)).toMatchObject({ items: [{ id: "r-1", status: "running", after: { id: "r-1" } }], next_cursor: "" });
});

test("fields are told with those within them, and their types in a few words", () => {
  const fields = fieldsOf({ $ref: "#/components/schemas/Replays" }, schemas);
  expect(fields.map((each) => each.name)).toEqual(["items", "items[].id", "items[].status", "items[].after", "next_cursor"]);
  expect(fields[2]?.type).toBe("running | done | stopped");
  expect(parametersOf(route("replays.delete"), schemas)).toEqual([{ name: "id", place: "path", type: "string", isRequired: true, about: "id of the job" }]);
});

test("a request is one for a shell: ids as paths take them, and quotes within quotes", () => {
  expect(asCurl(route("replays.delete"), schemas, "https://tb.school.edu.cn")).toBe("curl -X DELETE 'https://tb.school.edu.cn/v1/replays/r%2F1' \\\n  -H \"Authorization: Bearer $TOKEN\"");
  expect(asCurl(route("replays.create"), schemas, "")).toContain("the teacher'\\''s account");
  expect(asCurl(route("health.get"), schemas, "")).not.toContain("TOKEN");
});

test("what refusals mean is said once for all routes", () => {
  expect(refusalsOf(routes).map(([status]) => status)).toEqual(["401", "403", "422", "429"]);
  expect(refusals(route("health.get"))).toEqual([]);
  expect(codesOf(description)[1]).toEqual(["too_many_calls", "more calls a minute than one person may make"]);
});
