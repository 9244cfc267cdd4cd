import type { Description, Schema } from "../../../src/pages/api/description";
import { odd } from "../data";

const text = (description: string, ...examples: string[]): Schema => ({ type: "string", description, examples });
const of = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string) => ({ "application/json": { schema: of(name) } });
const REFUSALS = {
  "401": { description: "no token, or one that is not valid" },
  "403": { description: "the role is another one" },
  "422": { description: "something in the request cannot be used" },
  "429": { description: "too many calls: try again after `Retry-After` seconds" },
};
const cursor = { name: "cursor", in: "query" as const, description: "`next_cursor` of the page before", schema: { anyOf: [{ type: "string" }, { type: "null" }] } };

/** As the API describes itself, of a few routes. */
export const description: Description = {
  paths: {
    "/v1/health": {
      get: { operationId: "health.get", tags: ["health"], summary: "Whether everything answers", responses: { "200": { description: "Successful Response", content: json("Health") } }, "x-roles": ["anyone"] },
    },
    "/v1/replays": {
      get: { operationId: "replays.list", tags: ["replays"], summary: "Replays, the newest first", parameters: [cursor], responses: { "200": { description: "Successful Response", content: json("Replays") }, ...REFUSALS }, "x-roles": ["admin", "ops"] },
      post: {
        operationId: "replays.create",
        tags: ["replays"],
        summary: "Replay what failed",
        description: `Begins within a minute, at \`rate_per_s\`, and goes on after a crash.\n\n${odd("")}`,
        parameters: [{ name: "Idempotency-Key", in: "header", description: "the same key starts the work once and gets the same answer, for a day", schema: { type: "string" } }],
        requestBody: { content: json("ReplayWanted") },
        responses: { "202": { description: "Successful Response", content: json("Replay") }, ...REFUSALS },
        "x-roles": ["admin", "ops"],
      },
    },
    "/v1/replays/{id}": {
      delete: { operationId: "replays.delete", tags: ["replays"], summary: "Stop a replay", parameters: [{ name: "id", in: "path", required: true, description: "id of the job", schema: { type: "string" }, example: "r/1" }], responses: { "204": { description: "it stops" }, ...REFUSALS }, "x-roles": ["admin", "ops"] },
    },
    "/v1/ai/analyses/{id}/stream": {
      get: { operationId: "ai_analyses.stream.get", tags: ["AI"], summary: "Watch an analysis", responses: { "200": { description: "events, or none yet", content: { "text/event-stream": { schema: { type: "string" } } } }, ...REFUSALS }, "x-roles": ["approver"] },
    },
    "/v1/openapi.json": {
      get: { operationId: "openapi.get", tags: ["description"], summary: "This description", responses: { "200": { description: "Successful Response", content: json("Health") }, ...REFUSALS }, "x-roles": ["signed-in"] },
    },
  },
  components: {
    schemas: {
      Health: { type: "object", properties: { version: text("of what runs", "0.1.0"), ok: { type: "boolean", description: "whether everything answers" } }, required: ["version", "ok"] },
      Status: { type: "string", enum: ["running", "done", "stopped"] },
      ReplayWanted: {
        type: "object",
        properties: {
          platform_id: { anyOf: [{ type: "string" }, { type: "null" }], description: "id of a platform", examples: ["jz"] },
          reason: text("why, in your own words: the list of jobs tells the others", "the teacher's account was created"),
          dry_run: { type: "boolean", description: "whether nothing is done: it is only counted", default: false },
        },
        required: ["reason"],
      },
      Replay: { type: "object", properties: { id: text("names the job", "r-1"), status: { ...of("Status"), description: odd("") }, after: { anyOf: [of("Replay"), { type: "null" }] } }, required: ["id"] },
      Replays: { type: "object", properties: { items: { type: "array", items: of("Replay") }, next_cursor: { anyOf: [{ type: "string" }, { type: "null" }] } } },
      ProblemCode: { type: "string", description: "`not_allowed`: it is for another role\n`too_many_calls`: more calls a minute than one person may make" },
    },
  },
};

export const apiDescription = { "GET /v1/openapi.json": () => description };
