import { serveApi } from "./api";
import { signIn } from "./people";
import { expect, test } from "./unharmed";

test("Ctrl-K finds what bears an id and opens it by keys, and pages by their names; focus goes back", async ({ page }) => {
  await signIn(page, "ops", "ops");
  await serveApi(page);
  let arrives = () => {};
  const arrival = new Promise<void>((resolve) => (arrives = resolve));
  await page.route("**/assets/DeadLettersPage-*.js", async (route) => {
    await arrival;
    await route.continue();
  });
  await page.goto("/console/dead-letters");
  const opener = page.getByRole("button", { name: "搜索编号或页面" });
  await opener.focus();
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "搜索编号或页面" });
  await field.fill("推送日");
  arrives();
  await expect(page.locator(".plain-table").first(), "a page that arrives closes nothing").toBeVisible();
  await expect(page.locator(".palette__one")).toHaveText(["页面推送日志"]);
  await field.fill("none");
  await expect(page.locator(".palette")).toContainText("没有找到“none”");
  await expect(page.locator(".palette")).toContainText("已查找：推送日志、被拒事件、跳过的事件、流程实例、批量任务");
  await page.keyboard.press("Escape");
  await expect(opener).toBeFocused();

  await page.keyboard.press("Control+k");
  await field.fill("ev-1");
  await expect(page.locator(".palette__one").first()).toContainText("推送日志");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/console\/push-logs\?open=portal:ev-1$/);
  await expect(page.locator(".side-panel .attempt").first()).toBeVisible();
});
