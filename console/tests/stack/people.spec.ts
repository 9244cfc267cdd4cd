import type { Role } from "../../src/session/roles";
import { enter } from "../browser/shared-pages";
import { expectWhole, look, PAGES, watchAnswers } from "./pages";
import { outputs, type Person, signIn } from "./stack";
import { expect, test } from "../browser/unharmed";

const ROLES: readonly [Person, Role][] = [["admin", "admin"], ["ops", "ops"], ["approver-1", "approver"]];

for (const [person, role] of ROLES) {
  test(`${person} signs in on the pages of the pool, finds each page as the role has it in both looks, and signs out`, async ({ page }) => {
    const wrong: string[] = [];
    watchAnswers(page, wrong);
    await page.setViewportSize({ width: 1280, height: 800 });
    await signIn(page, person);
    const menu = page.locator(".shell__side a");
    const seen = PAGES.filter((each) => each.roles.includes(role)).map((each) => `/console/${each.path}`);
    expect((await menu.evaluateAll((links) => links.map((link) => link.getAttribute("href")))).sort()).toEqual(seen.sort());
    // Every second page is entered in the look that the one before it was left in.
    let locale: 0 | 1 = 0;
    for (const each of PAGES) {
      await enter(page, each.path);
      await expectWhole(page, each, role, locale);
      locale = locale ? 0 : 1;
      await look(page, locale);
      await expectWhole(page, each, role, locale);
    }

    await look(page, 1);
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.locator(".entry")).toContainText("You are signed out");
    await page.goto(`${outputs.ConsoleUrl}console/push-logs`);
    await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
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
