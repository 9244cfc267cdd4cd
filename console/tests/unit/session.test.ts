import { describe, expect, test } from "vitest";
import { claimsOf, personOf } from "@/session/claims";

const token = (claims: unknown) =>
  ["x", btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(claims)))).replace(/\+/g, "-").replace(/\//g, "_"), "y"].join(".");

describe("who a person is", () => {
  test("is said by custom:uid before sub, as the API reads it", () => {
    expect(personOf({ sub: "s-1", "custom:uid": "u-1" }, "cognito:groups").uid).toBe("u-1");
    expect(personOf({ sub: "s-1" }, "cognito:groups").uid).toBe("s-1");
  });

  test.each([[["ops", "else"]], ["[ops else]"], ["ops,else"], ['["ops", "else"]']])("roles are read from %j", (claim) => {
    expect([...personOf({ sub: "s", roles: claim }, "roles").roles]).toEqual(["ops"]);
  });

  test("comes whole out of a token, also with names of every script", () => {
    expect(claimsOf(token({ sub: "s", name: "张三 🙂" }))["name"]).toBe("张三 🙂");
  });
});
