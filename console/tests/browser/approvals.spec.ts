import type { Route } from "@playwright/test";
import { barriersOf } from "./accessible";
import { delta, detail, events, findings, result, stream } from "./answers/approvals";
import { serveApi } from "./api";
import { LOOKS, wear } from "./looks";
import { signIn } from "./people";
import { expect, test } from "./unharmed";

test.beforeEach(async ({ page }) => {
  await signIn(page, "u-1", "approver");
});

for (const look of LOOKS) {
  test(`an answer is seen while it is written, and a page reloaded in the middle loses and doubles nothing: ${look.locale}, ${look.width}`, async ({ page }) => {
    const say = await wear(page, look);
    const words = ["先看", "请假天数：", "3 天。", "再看证明：", "日期一致。"];
    let written = 2;
    let isDone = false;
    let looks = 0;
    let seen = () => {};
    const firstSeen = new Promise<void>((resolve) => (seen = resolve));
    const answer = (route: Route) => {
      const last = Number(route.request().headers()["last-event-id"]?.split("-").at(-1) ?? 0);
      const pieces = words.slice(last, written).map((text, index) => delta(last + index + 1, text));
      if (!isDone) return stream(route, pieces.length ? events(...pieces) : "retry: 400\n: nothing yet\n");
      return stream(route, events(...pieces, { name: "finding", id: "00000000-6", data: findings[1] }, { name: "done", id: "end", data: { id: "a-s" } }));
    };
    await serveApi(page, {
      "GET /v1/ai/tasks/*": () => detail("T-1", isDone ? result("done", "approve", { id: "a-s", text: words.join("") }) : result("running", null, { id: "a-s" })),
      "GET /v1/ai/analyses/*/stream": (route) => (looks++ ? void firstSeen.then(() => answer(route)) : answer(route)),
    });
    const text = page.locator(".opinion__text");
    await page.goto("/console/approvals?open=T-1");
    await expect(text, "the first words come with the first look").toHaveText("先看请假天数：");
    seen();
    written = 3;
    await expect(text).toHaveText("先看请假天数：3 天。");
    await expect(page.getByRole("button", { name: say("重新分析…", "Analyse again…") })).toHaveCount(0);

    await page.reload();
    await expect(text).toHaveText("先看请假天数：3 天。");
    written = 5;
    await expect(text).toHaveText(words.join(""));
    isDone = true;
    await expect(page.locator(".opinion-tag")).toContainText(say("倾向同意", "Leans towards approval"));
    await expect(text, "what was open stays open").toHaveText(words.join(""));
    await expect(page.getByRole("button", { name: say("重新分析…", "Analyse again…") })).toBeVisible();
  });
}

test("a click on evidence marks its place, what was not found cannot be clicked, and feedback is one click that can change", async ({ page }) => {
  const said: unknown[] = [];
  const shown = result("done", "needs_human");
  await serveApi(page, {
    "GET /v1/ai/tasks/*": () => detail("T-1", shown),
    "POST /v1/ai/analyses/*/feedback": (route) => {
      const body = route.request().postDataJSON();
      said.push(body);
      shown.feedback = body;
      return { ...body, forwarded: true };
    },
  });
  await page.goto("/console/approvals?open=T-1");
  const mark = page.locator(".form-side mark");
  await page.getByRole("button", { name: "在材料中标出：共 3 天" }).click();
  await expect(mark).toHaveText("共 3 天");
  await expect(mark).toBeFocused();

  await page.getByRole("button", { name: /建议休息3天/ }).click();
  await expect(page.locator(".form-side__passage")).toContainText("附件第 1 页");
  await expect(mark).toHaveText("建议休息 3 天（2026-11-23 至 2026-11-25）");
  await page.getByRole("button", { name: "回到这条意见" }).click();
  await expect(page.getByRole("button", { name: /建议休息3天/ })).toBeFocused();
  await expect(mark).toHaveCount(0);

  await expect(page.getByRole("button", { name: /家长已电话确认/ })).toHaveCount(0);
  await expect(page.locator(".evidence", { hasText: "家长已电话确认" })).toContainText("材料中没有找到这段话");
  await expect(page.locator('.findings[data-origin="computed"] .finding')).toHaveCount(1);
  await expect(page.getByRole("link", { name: "去流程系统办理" })).toHaveAttribute("href", "https://ehall.school.edu.cn/todo/T-1");

  await page.getByRole("button", { name: "有用", exact: true }).click();
  await expect(page.getByRole("button", { name: "有用", exact: true })).toHaveAttribute("aria-pressed", "true");
  await page.getByLabel("补充说明").fill("漏看了第二页");
  await page.getByRole("button", { name: "有遗漏" }).click();
  await expect(page.getByRole("button", { name: "有遗漏" })).toHaveAttribute("aria-pressed", "true");
  expect(said).toEqual([
    { tag: "useful", comment: "" },
    { tag: "missed_point", comment: "漏看了第二页" },
  ]);
});

test("before an analysis is asked for again the page says what it takes, and a cap of the day is said in words", async ({ page }) => {
  await serveApi(page, {
    "GET /v1/ai/tasks/*": () => detail("T-1", result("done", "reject")),
    "POST /v1/ai/tasks/*/analyses": (route) => {
      void route.fulfill({ status: 429, headers: { "retry-after": "7200" }, json: { code: "daily_limit", detail: "as much was asked today as daily_person allows (20 a day): try again tomorrow" } });
      return undefined;
    },
  });
  await page.goto("/console/approvals?open=T-1");
  await page.getByRole("button", { name: "重新分析…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("4,822 个词元，费用 0.0123");
  if (process.env["SHOTS"]) await page.screenshot({ path: `${process.env["SHOTS"]}/approval-again.png` });
  expect(await barriersOf(page, "dialog")).toEqual([]);
  await dialog.getByRole("button", { name: "重新分析" }).click();
  await expect(dialog.getByRole("alert")).toContainText("今天的分析次数或费用已用完，2 小时 后可以再试");
});

test("the list is sorted and filtered by its address, and a task that is gone says so", async ({ page }) => {
  const asked = await serveApi(page);
  await page.goto("/console/approvals");
  await page.getByLabel("AI 意见").selectOption("reject");
  await page.getByLabel("排序").selectOption("opinion");
  await expect(page).toHaveURL(/verdict=reject/);
  await expect.poll(() => asked.some((call) => call.includes("verdict=reject") && call.includes("sort=verdict%2C-created_at"))).toBe(true);
  await page.locator(".data-table__row").first().click();
  await expect(page.locator(".page .state-panel")).toContainText("任务不在您名下");
  await page.getByRole("button", { name: "返回列表" }).click();
  await expect(page.getByLabel("AI 意见")).toHaveValue("reject");
});
