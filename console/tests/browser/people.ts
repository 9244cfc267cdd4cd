import type { Page } from "@playwright/test";
import type { Role } from "../../src/session/roles";

const AUTHORITY = "http://issuer.localhost:9";
const CLIENT = "console-in-tests";
const DAY_S = 86_400;

/** An ID token as the pool makes it; nobody checks its signature here. */
export function idToken(uid: string, role: Role | undefined): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { sub: `sub-${uid}`, "custom:uid": uid, "cognito:username": uid, "cognito:groups": role ? [role] : [], token_use: "id" };
  return [part({ alg: "none" }), part(claims), "signature"].join(".");
}

/** Somebody who is signed in, as the page keeps it. */
function userOf(uid: string, role: Role | undefined) {
  return {
    id_token: idToken(uid, role),
    access_token: "access-token-that-must-not-be-sent",
    refresh_token: "refresh",
    token_type: "Bearer",
    scope: "openid",
    profile: { sub: `sub-${uid}` },
    expires_at: Math.floor(Date.now() / 1000) + DAY_S,
  };
}

/** Another window signs in again, as the one that a page with an ended session opens. */
export async function signInElsewhere(page: Page, uid: string, role?: Role): Promise<void> {
  const message = { kind: "signed-in", user: JSON.stringify(userOf(uid, role)) };
  const window = await page.context().newPage();
  await window.goto("/console/icon.svg");
  await window.evaluate((told) => new BroadcastChannel("taskbridge.session").postMessage(told), message);
  await window.close();
}

/** Let the pages of this browser find somebody signed in. */
export async function signIn(page: Page, uid: string, role?: Role): Promise<void> {
  const user = userOf(uid, role);
  await page.addInitScript(
    ([key, value]) => {
      sessionStorage.setItem(key, value);
    },
    [`oidc.user:${AUTHORITY}:${CLIENT}`, JSON.stringify(user)] as const,
  );
}
