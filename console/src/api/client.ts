import createClient from "openapi-fetch";
import { session } from "@/session/session";
import type { paths } from "./schema";

export { ask, onceKey, type Shape } from "./ask";

/** Sends a request as the person who is signed in. */
export async function send(request: Request): Promise<Response> {
  request.headers.set("Authorization", `Bearer ${await session.token()}`);
  const response = await fetch(request);
  if (response.status === 401) session.end();
  return response;
}

/** Typed by the served description: `ask(api.GET("/v1/push-logs/{id}", { params: { path: { id } } }))`. */
export const api = createClient<paths>({ baseUrl: "", fetch: send });
