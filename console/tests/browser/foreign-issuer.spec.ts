import type { Page, Request } from "@playwright/test";
import { serveApi } from "./api";
import { expect, test } from "./unharmed";

/** The console as it is deployed where a campus has an issuer of its own: see tests/issuer/issuer.mjs. */
test.use({ baseURL: process.env["FOREIGN_CONSOLE_URL"] });

async function signIn(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "登录" }).click();
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Continue" }).click();
}

function claimsOf(request: Request): Record<string, unknown> {
  const token = request.headers()["authorization"]?.split(".")[1] ?? "";
  return JSON.parse(Buffer.from(token, "base64url").toString()) as Record<string, unknown>;
}

const asksApi = (request: Request) => request.url().includes("/v1/ops/summary");
const renews = (request: Request) => request.url().endsWith("/token") && (request.postData() ?? "").includes("grant_type=refresh_token");

test("a campus's own issuer signs a person in, whose roles its groups say; the session is renewed, and ends at the issuer", async ({ page }) => {
  await serveApi(page);
  await page.goto("/console/overview");
  await signIn(page, "ops");
  const first = claimsOf(await page.waitForRequest(asksApi));
  expect(first).toMatchObject({ aud: "campus-console", sub: "ops", groups: ["taskbridge-users", "ops"] });
  await expect(page.locator(".person")).toContainText("ops 老师");
  await expect(page.locator(".shell__side")).toContainText("推送日志");
  expect(page.url(), "no token stands in an address").not.toMatch(/token|code=/);

  const renewal = await (await page.waitForRequest(renews)).response();
  const renewed = (await renewal?.json()) as { id_token: string };
  await expect.poll(() => page.evaluate(() => JSON.stringify(sessionStorage))).toContain(renewed.id_token);

  await page.getByRole("button", { name: "退出登录" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/console\/signed-out/);
  await page.getByRole("button", { name: "登录" }).click();
  await expect(page.getByLabel("Name"), "the issuer has forgotten the person too").toBeVisible();
});

test("a session that ended goes on where it was, as soon as the person has signed in again in a new window", async ({ page, context }) => {
  let isRefused = false;
  await serveApi(page);
  await page.route("**/v1/**", (route) => (isRefused ? route.fulfill({ status: 401, json: {} }) : route.fallback()));
  await page.goto("/console/push-logs");
  await signIn(page, "ops");
  await page.getByPlaceholder("流程实例号").pressSequentially("P-10");
  isRefused = true;
  await expect(page.locator(".notice")).toBeVisible();

  const opened = context.waitForEvent("page");
  await page.getByRole("button", { name: "重新登录" }).click();
  await opened;
  isRefused = false;
  await expect(page.locator(".notice")).toHaveCount(0);
  await expect(page.getByPlaceholder("流程实例号")).toHaveValue("P-10");
});

for (const [claim, value, words] of [
  ["iss", "https://sso.elsewhere.edu.cn", "https://sso.elsewhere.edu.cn"],
  ["aud", "another-system", "another-system"],
] as const) {
  test(`a token with another ${claim} than the API takes is refused, and the page says which it is`, async ({ page }) => {
    const asked = await serveApi(page);
    await page.route("**/token", async (route) => {
      const answer = await route.fetch();
      const tokens = (await answer.json()) as { id_token: string };
      const [header, body, signature] = tokens.id_token.split(".");
      const claims = JSON.parse(Buffer.from(body ?? "", "base64url").toString()) as Record<string, unknown>;
      const changed = Buffer.from(JSON.stringify({ ...claims, [claim]: value })).toString("base64url");
      await route.fulfill({ response: answer, json: { ...tokens, id_token: [header, changed, signature].join(".") } });
    });
    await page.goto("/console/overview");
    await signIn(page, "ops");
    await expect(page.getByRole("alert")).toContainText(words);
    await expect(page.getByRole("alert")).toContainText(claim === "iss" ? "JwtIssuer" : "JwtAudience");
    expect(asked).toEqual([]);
    expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain("id_token");
  });
}
