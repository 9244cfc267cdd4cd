// Calls the API as a page would, through types that were generated from its description.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[] };

const [, , baseUrl, token] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const stranger = createClient<paths>({ baseUrl });

const status: components["schemas"]["LogStatus"] = "failed";
const logs = await client.GET("/v1/push-logs", { params: { query: { status, limit: 2 } } });
const created = await client.POST("/v1/trigger-rules", {
  body: { id: "leave", name: "Leave alone", enabled: true, actions: ["task_received"], targets: ["ai"] },
});
const again = await client.POST("/v1/trigger-rules", {
  body: { id: "leave", name: "Leave alone", enabled: true, targets: ["ai"] },
});
const refused = await stranger.GET("/v1/push-logs");
const refusal = refused.error !== undefined && "message" in refused.error ? refused.error.message : undefined;

console.log(
  JSON.stringify({
    logs: logs.data?.items.map((row) => row.event_id),
    more: logs.data?.next_cursor !== null,
    version: created.data?.version,
    actions: created.data?.actions,
    code: again.error !== undefined && "code" in again.error ? again.error.code : undefined,
    refusal,
  }),
);
