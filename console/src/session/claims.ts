import type { Role } from "./roles";
import { ROLES } from "./roles";

export interface Person {
  uid: string;
  name: string;
  roles: ReadonlySet<Role>;
}

type Claims = Readonly<Record<string, unknown>>;

/** Who a person is by the claims of an ID token, as the API reads them: `custom:uid`, else `sub`. */
export function personOf(claims: Claims, groupsClaim: string): Person {
  const uid = String(claims["custom:uid"] ?? claims["sub"] ?? "");
  const groups = new Set(groupsOf(claims[groupsClaim]));
  return {
    uid,
    name: String(claims["name"] ?? claims["preferred_username"] ?? claims["cognito:username"] ?? uid),
    roles: new Set(ROLES.filter((role) => groups.has(role))),
  };
}

/** The claims of a JSON web token. The API checks it; here only a page is made of it. */
export function claimsOf(token: string): Claims {
  const body = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
  const bytes = Uint8Array.from(atob(body), (char) => char.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as Claims;
}

function groupsOf(claim: unknown): string[] {
  if (Array.isArray(claim)) return claim.map(String);
  if (typeof claim !== "string") return [];
  return claim.replace(/^\[|\]$/g, "").split(/[\s,]+/).map((name) => name.replace(/^["']|["']$/g, ""));
}
