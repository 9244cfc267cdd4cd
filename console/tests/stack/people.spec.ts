import { expect, test } from "@playwright/test";
import { watch } from "../browser/api";
import { outputs, type Person, signIn } from "./stack";

const SEES: Record<Person, { shows: string[]; hides: string[] }> = {
  admin: { shows: ["总览", "推送日志", "死信"], hides: ["我的审批"] },
  ops: { shows: ["总览", "推送日志", "死信"], hides: ["我的审批"] },
  "approver-1": { shows: ["我的审批"], hides: ["总览", "推送日志", "死信"] },
  "approver-2": { shows: ["我的审批"], hides: ["总览", "推送日志", "死信"] },
};

for (const [person, { shows, hides }] of Object.entries(SEES) as [Person, (typeof SEES)[Person]][]) {
  test(`${person} signs in on the pages of the pool, sees what the role may see, and signs out`, async ({ page }) => {
    const wrong = watch(page);
    await signIn(page, person);
    const menu = page.locator(".shell__side");
    for (const name of shows) await expect(menu).toContainText(name);
    for (const name of hides) await expect(menu).not.toContainText(name);

    // Typed as an address, what the menu hides says why.
    await page.goto(`${outputs.ConsoleUrl}console/${hides.includes("推送日志") ? "push-logs" : "approvals"}`);
    await expect(page.locator(".state-panel")).toContainText("您的角色看不到此页");

    await page.getByRole("button", { name: "退出登录" }).click();
    await expect(page.locator(".entry")).toContainText("您已退出登录");
    await page.goto(`${outputs.ConsoleUrl}console/push-logs`);
    await expect(page.getByRole("button", { name: "登录", exact: true })).toBeVisible();
    expect(wrong).toEqual([]);
  });
}

test("the link that is printed opens the console signed in as the admin, by one click", async ({ page }) => {
  await page.goto(`${outputs.ConsoleUrl}console/sign-in?login_hint=admin`);
  await expect(page.locator(".person")).toContainText("admin");
  expect(page.url()).not.toMatch(/token|code=/);
});

test("a tab keeps nothing of a session but its own storage, and none of it where others may read it", async ({ page, context }) => {
  await signIn(page, "ops", "overview");
  await expect(page.locator(".flow")).toBeVisible();
  const token = await page.evaluate(() => Object.values(sessionStorage).join());
  expect(token).toContain("id_token");
  expect(await page.evaluate(() => JSON.stringify(localStorage) + document.cookie)).not.toMatch(/eyJ/);
  expect((await context.cookies()).map((cookie) => cookie.value).join()).not.toMatch(/eyJ/);
  expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toMatch(/eyJ/);
});
