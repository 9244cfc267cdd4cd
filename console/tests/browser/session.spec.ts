import type { Page } from "@playwright/test";
import { serveApi } from "./api";
import { signIn } from "./people";
import { expect, test } from "./unharmed";

/** What the issuer is asked for where people sign in; it says nothing here. */
async function askedOf(page: Page, go: () => Promise<unknown>): Promise<URLSearchParams> {
  await page.route("http://issuer.localhost:9/**", (route) => route.fulfill({ body: "sign in" }));
  await go();
  await page.waitForURL(/\/oauth2\/authorize/);
  return new URL(page.url()).searchParams;
}

test("nobody sees a page without signing in, and the issuer is asked for a code with PKCE", async ({ page, baseURL }) => {
  await page.goto("/console/push-logs?status=failed");
  const query = await askedOf(page, () => page.locator(".entry__go").click());

  expect(query.get("response_type")).toBe("code");
  expect(query.get("code_challenge_method")).toBe("S256");
  expect(query.get("redirect_uri")).toBe(`${baseURL}/console/signed-in`);
});

test("a link to the sign-in goes to the issuer at once, with the name that it gives", async ({ page }) => {
  const query = await askedOf(page, () => page.goto("/console/sign-in?login_hint=admin", { waitUntil: "commit" }));
  expect(query.get("login_hint")).toBe("admin");
});

test("the ID token is sent, which alone has the uid, and never the access token", async ({ page }) => {
  const tokens: string[] = [];
  page.on("request", (request) => request.url().includes("/v1/") && tokens.push(request.headers()["authorization"] ?? ""));
  await serveApi(page);
  await signIn(page, "ops", "ops");
  await page.goto("/console/overview");
  await expect(page.locator(".flow")).toBeVisible();

  const claims = JSON.parse(Buffer.from(tokens[0]?.split(".")[1] ?? "", "base64url").toString());
  expect(claims["custom:uid"]).toBe("ops");
  expect(tokens.join()).not.toContain("access-token");
});

test("a role that may not see a page has it in no menu, and its address says so", async ({ page }) => {
  await serveApi(page);
  await signIn(page, "approver-1", "approver");
  await page.goto("/console/push-logs");

  await expect(page.locator(".state-panel")).toContainText("您的角色看不到此页");
  await expect(page.locator(".shell__side")).not.toContainText("推送日志");
});

test("a session that ends leaves the page as it is and asks to sign in again", async ({ page }) => {
  await serveApi(page);
  await signIn(page, "ops", "ops");
  await page.goto("/console/push-logs");
  await expect(page.locator(".data-table__row").first()).toBeVisible();
  await page.getByPlaceholder("流程实例号").pressSequentially("P-10");

  await page.route("**/v1/**", (route) => route.fulfill({ status: 401, json: { message: "Unauthorized" } }));
  await expect(page.locator(".notice")).toContainText("登录已过期");
  await expect(page.getByPlaceholder("流程实例号")).toHaveValue("P-10");
});

test("signed out in one tab is signed out in all", async ({ context }) => {
  const [one, other] = [await context.newPage(), await context.newPage()];
  for (const page of [one, other]) {
    await serveApi(page);
    await signIn(page, "ops", "ops");
    await page.goto("/console/overview");
    await expect(page.locator(".flow")).toBeVisible();
  }
  await one.route("**/logout**", (route) => route.fulfill({ body: "bye" }));
  await one.getByRole("button", { name: "退出登录" }).click();
  await expect(other.locator(".entry")).toBeVisible();
});
