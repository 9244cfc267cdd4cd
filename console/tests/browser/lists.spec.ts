import type { Route } from "@playwright/test";
import { serveApi } from "./api";
import { signIn } from "./people";
import { enter } from "./shared-pages";
import { PAGES } from "../stack/pages";
import { expect, test } from "./unharmed";

test.beforeEach(async ({ page }) => {
  await signIn(page, "ops", "ops");
});

test("a list of ten thousand rows keeps only those on the page that are seen, and reads on as one scrolls", async ({ page }) => {
  const asked = await serveApi(page);
  await page.goto("/console/push-logs");
  const rows = page.locator(".data-table__row");
  await expect(rows.first()).toBeVisible();
  const scroll = async () => {
    await page.mouse.wheel(0, 20_000);
    return asked.filter((call) => call.includes("cursor=")).length;
  };
  await expect.poll(scroll).toBeGreaterThan(2);
  expect(await rows.count()).toBeLessThan(120);
});

test("what is set stands in the address, and the address shows the same to a colleague", async ({ page, context }) => {
  await serveApi(page);
  await page.goto("/console/push-logs");
  await page.getByLabel("状态", { exact: true }).selectOption("failed");
  await page.locator(".data-table__row").first().click();
  await expect(page.locator(".side-panel .attempt").first()).toBeVisible();
  const address = page.url();
  expect(address).toContain("status=failed");

  const colleague = await context.newPage();
  await serveApi(colleague);
  await signIn(colleague, "admin", "admin");
  await colleague.goto(address);
  await expect(colleague.locator(".side-panel .attempt").first()).toBeVisible();
  await expect(colleague.getByLabel("状态", { exact: true })).toHaveValue("failed");
});

test("a list is walked by keys: j and k, Enter opens, Escape closes and gives the focus back", async ({ page }) => {
  await serveApi(page);
  await page.goto("/console/push-logs");
  await page.locator(".data-table__row").first().focus();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await expect(page.locator('.data-table__row[data-index="1"]')).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator(".side-panel")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.locator(".side-panel")).toHaveCount(0);
  await expect(page.locator('.data-table__row[data-index="1"]')).toBeFocused();
});

test("while polling fails the page says as of when its figures are", async ({ page }) => {
  await serveApi(page);
  await page.goto("/console/overview");
  await expect(page.locator(".flow")).toBeVisible();
  await page.route("**/v1/ops/summary", (route) => route.abort());
  await expect(page.locator('.as-of[data-failing="true"]')).toContainText("数据截至");
  await expect(page.locator(".flow")).toBeVisible();
});

test("what cannot be loaded is said with its code, and can be asked again", async ({ page }) => {
  let fails = true;
  await serveApi(page, {
    "GET /v1/rejected-events": (route) => {
      if (!fails) return { items: [], next_cursor: null };
      void route.fulfill({ status: 422, json: { code: "invalid_request", detail: "limit: expected 1 to 200" } });
      return undefined;
    },
  });
  await page.goto("/console/rejected-events");
  await expect(page.locator(".state-panel")).toContainText("invalid_request");
  fails = false;
  await page.getByRole("button", { name: "重试" }).click();
  await expect(page.locator(".state-panel")).toContainText("没有被拒收的事件");
});

/** What is one thing, and no list that could be empty. */
const ONE = /\/v1\/(ops\/(summary|history)|ai\/(settings|agreement|count)|platform-types|openapi\.json)$/;
/** Between the two looks that every page is tried in; at the first the menu stands beside a page just so. */
const LAPTOPS = [960, 1100, 1280];
const NOT_EMPTY = ["overview", "dead-letters", "ai-settings", "agreement", "api"];

for (const role of ["admin", "approver"] as const) {
  test(`each page of an ${role} says that it is loading and what went wrong, fits on every laptop, and says that there is nothing`, async ({ page }) => {
    const held: Route[] = [];
    let state: "loading" | "failing" | "full" | "empty" = "loading";
    const fail = (route: Route) => route.fulfill({ status: 422, json: { code: "invalid_request", detail: "limit: expected 1 to 200" } });
    await serveApi(page);
    await page.route("**/v1/**", async (route) => {
      if (state === "loading") return void held.push(route);
      if (state === "failing") return fail(route);
      if (state === "full" || route.request().method() !== "GET" || ONE.test(new URL(route.request().url()).pathname)) return route.fallback();
      return route.fulfill({ json: { items: [], next_cursor: null, is_exact: true } });
    });
    await signIn(page, "somebody", role);
    await page.goto("/console/nowhere");
    await expect(page.locator(".state-panel")).toBeVisible();
    const own = PAGES.filter((each) => each.roles.includes(role));
    const walk = async (shows: string, shown = own) => {
      for (const { path, title } of shown) {
        await enter(page, path);
        const there = page.locator("main .page").filter({ has: page.getByRole("heading", { level: 1, name: title[0], exact: true }) });
        await expect(async () => {
          // As by somebody who comes back to the tab: what was just read is read anew.
          await page.evaluate(() => window.dispatchEvent(new Event("visibilitychange")));
          await expect(there.locator(shows).first()).toBeVisible({ timeout: 500 });
        }, path).toPass();
      }
    };
    await walk(".loading");
    state = "failing";
    await Promise.all(held.map(fail));
    await walk('.state-panel[data-tone="bad"]');
    state = "full";
    for (const { path } of own) {
      await enter(page, path);
      await expect(page.locator("main").locator(".loading, .state-panel"), path).toHaveCount(0);
      for (const width of LAPTOPS) {
        await page.setViewportSize({ width, height: 800 });
        await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${path} at ${width}`).toBeLessThanOrEqual(0);
      }
    }
    state = "empty";
    await walk('.state-panel:not([data-tone="bad"])', own.filter(({ path }) => !NOT_EMPTY.includes(path)));
  });
}
