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

/** What in a token is not as the API takes it: it lets nobody in whom another issuer vouches for, or to somebody else. */
export class Misfit extends Error {
  constructor(
    readonly claim: "iss" | "aud",
    readonly found: string,
    readonly wanted: string,
  ) {
    super(`${claim}: ${found}, not ${wanted}`);
  }
}

/** Throws Misfit. The API looks for itself; here a person is told at once what would go wrong with each call. */
export function checkFit(claims: Claims, wanted: { issuer: string; client_id: string }): void {
  const issuer = String(claims["iss"] ?? "");
  if (issuer.replace(/\/+$/, "") !== wanted.issuer) throw new Misfit("iss", issuer, wanted.issuer);
  const audiences = [claims["aud"]].flat().map(String);
  if (!audiences.includes(wanted.client_id)) throw new Misfit("aud", audiences.join(", "), wanted.client_id);
}

function groupsOf(claim: unknown): string[] {
  if (Array.isArray(claim)) return claim.map(String);
  if (typeof claim !== "string") return [];
  return claim.replace(/^\[|\]$/g, "").split(/[\s,]+/).map((name) => name.replace(/^["']|["']$/g, ""));
}
