import createClient, { type Client } from "openapi-fetch";
import type { paths } from "@/api/schema";

/** The way to the API of whoever shows a review: the console with its session, or a page of somebody else. */
export interface Door {
  /** Origin of the API; empty: that of the page. */
  base: string;
  /** Sends a request with the person's token. */
  send: (request: Request) => Promise<Response>;
}

/** A door with the typed client of what is behind it. */
export interface OpenDoor extends Door {
  api: Client<paths>;
}

export function openDoor(door: Door): OpenDoor {
  return { ...door, api: createClient<paths>({ baseUrl: door.base, fetch: door.send }) };
}
