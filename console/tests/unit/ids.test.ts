import { expect, test } from "vitest";
import { encodeId } from "@/address/ids";

test("an id that is plain goes as it is, any other as ~ and base64url", () => {
  expect(encodeId("T-1:x@y")).toBe("T-1:x@y");
  expect(encodeId("t-ev/1 a")).toBe("~dC1ldi8xIGE");
});
