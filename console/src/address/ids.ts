const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._:@=+~-]*$/;

/** An id as a path of the API takes it: plain ones as they are, others as `~` and base64url. */
export function encodeId(id: string): string {
  if (PLAIN.test(id)) return id;
  const bytes = String.fromCharCode(...new TextEncoder().encode(id));
  return `~${btoa(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
}
