import { expect, test } from "@playwright/test";
import { serveApi } from "./api";
import { signIn } from "./people";

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
