import createClient, { type Client } from "openapi-fetch";
import { inject, type InjectionKey, provide } from "vue";
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

const KEY: InjectionKey<OpenDoor> = Symbol("door");

export function openDoor(door: Door): OpenDoor {
  return { ...door, api: createClient<paths>({ baseUrl: door.base, fetch: door.send }) };
}

export function provideDoor(door: Door): void {
  provide(KEY, openDoor(door));
}

export function useDoor(): OpenDoor {
  const door = inject(KEY);
  if (!door) throw new Error("a review needs a door to the API");
  return door;
}
