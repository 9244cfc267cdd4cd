const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._:@=+~-]*$/;

/** An id as a path of the API takes it: plain ones as they are, others as `~` and base64url. */
export function encodeId(id: string): string {
  if (PLAIN.test(id)) return id;
  const bytes = String.fromCharCode(...new TextEncoder().encode(id));
  return `~${btoa(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
}

/** An id as a person reads it. */
export function decodeId(id: string): string {
  if (!id.startsWith("~")) return id;
  try {
    const bytes = atob(id.slice(1).replace(/-/g, "+").replace(/_/g, "/"));
    return new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
  } catch {
    return id;
  }
}

/** Application and node of a path such as `leave/n1`, encoded as it is there. */
export function nodeOf(path: string): { app_id: string; node_id: string } {
  const [app_id = "", node_id = ""] = path.split("/");
  return { app_id, node_id };
}
