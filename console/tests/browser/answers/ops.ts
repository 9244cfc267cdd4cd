import type { components } from "../../../src/api/schema";
import type { Answers } from "../api";
import { HOSTILE, ago } from "../data";

type Shape = components["schemas"];

const LOOKED_FOR: Shape["Found"]["looked_for"] = ["push_log", "rejected_event", "skipped_event", "instance", "replay", "task"];

/** Of an event of two task centers, whose instance has a hostile name; what has no digit leads nowhere. */
function found(id: string): Shape["Found"] {
  if (!/\d/.test(id)) return { hits: [], looked_for: LOOKED_FOR };
  const log = (platform: string, status: string): Shape["Hit"] => ({
    kind: "push_log",
    id: `${platform}:${id}`,
    name: id,
    within: platform === "jz" ? "P-1001" : HOSTILE,
    platform_id: platform,
    status,
    at: ago(95),
  });
  const rejected: Shape["Hit"] = { kind: "rejected_event", id: "bad-1", name: HOSTILE, within: "", platform_id: "", status: "rejected", at: ago(60) };
  return { hits: [log("jz", "failed"), log("portal", "succeeded"), rejected], looked_for: LOOKED_FOR };
}

export const ops: Answers = {
  "GET /v1/search": (_route, url) => found(url.searchParams.get("id") ?? ""),
};
