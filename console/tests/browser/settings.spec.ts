import type { Page, Route } from "@playwright/test";
import { expectAccessible } from "./accessible";
import { aiSettings, node, proposal } from "./answers/settings";
import { serveApi } from "./api";
import { HOSTILE } from "./data";
import { signIn, signInElsewhere } from "./people";
import { expect, test } from "./unharmed";

/** A version that is checked as the API does it; `taken` is what was saved. */
function guarded<T extends { version: number }>(stored: T) {
  const taken: T[] = [];
  const kept = { now: stored };
  const put = (route: Route) => {
    const sent = route.request().postDataJSON() as T;
    if (sent.version !== kept.now.version) {
      void route.fulfill({ status: 409, json: { code: "version_conflict", detail: "Somebody else changed it since it was read." } });
      return undefined;
    }
    kept.now = { ...kept.now, ...sent, version: sent.version + 1 };
    taken.push(sent);
    return kept.now;
  };
  return { kept, taken, put };
}

const save = (page: Page) => page.getByRole("button", { name: "保存", exact: true }).click();

test.beforeEach(async ({ page }) => {
  await signIn(page, "admin", "admin");
});

test("two admins who change the same settings see each other's version and merge them", async ({ page }) => {
  const settings = guarded(aiSettings);
  const asked = await serveApi(page, { "GET /v1/ai/settings": () => settings.kept.now, "PUT /v1/ai/settings": settings.put });
  await page.goto("/console/ai-settings");
  await page.getByLabel("每天总次数").fill("15000");
  await page.getByLabel("每人每天次数").fill("50");
  settings.kept.now = { ...aiSettings, daily_total: 30_000, retention_days: 90, version: 8 };
  await save(page);

  const panel = page.getByRole("dialog", { name: "其他人也修改了这里" });
  await expect(panel).toContainText("李老师");
  await expect(panel.locator(".clash")).toHaveCount(3);
  await expect(panel.locator(".clash", { hasText: "双方都改了" })).toContainText("每天总次数");
  await expectAccessible(page, ".popup");
  if (process.env["SHOTS"]) await page.screenshot({ path: `${process.env["SHOTS"]}/conflict-zh.png`, animations: "disabled" });

  await panel.getByRole("button", { name: "按选择合并" }).click();
  await expect(page.getByLabel("回答与审计记录保留天数")).toHaveValue("90");
  await save(page);
  await expect(page.locator(".notices")).toContainText("已保存，20 秒内生效");
  expect(settings.taken).toEqual([{ ...aiSettings, daily_total: 15_000, daily_person: 50, retention_days: 90, version: 8 }]);

  await page.getByRole("link", { name: "变更记录" }).last().click();
  await expect(page.locator(".data-table__row")).toHaveCount(1);
  expect(asked.some((call) => call.startsWith("GET /v1/changes?subject=ai-settings&"))).toBe(true);
});

test("neither a click nor the end of the session loses what is being typed", async ({ page }) => {
  let isSignedIn = false;
  const rule = guarded(node(0));
  await serveApi(page, {
    "GET /v1/ai/nodes/*/*": () => rule.kept.now,
    "PUT /v1/ai/nodes/*/*": (route) => {
      if (isSignedIn) return rule.put(route);
      void route.fulfill({ status: 401, json: { message: "Unauthorized" } });
      return undefined;
    },
  });
  await page.goto("/console/nodes?open=leave/n0");
  const text = page.getByLabel("规则正文");
  await text.fill("请假不超过 5 天");

  await page.keyboard.press("Escape");
  await expectAccessible(page, ".popup");
  await page.keyboard.press("Escape");
  for (const leave of [() => page.keyboard.press("Escape"), () => page.locator(".side-panel").getByRole("link", { name: "变更记录" }).click()]) {
    await leave();
    await page.getByRole("dialog", { name: "放弃未保存的修改？" }).getByRole("button", { name: "继续编辑" }).click();
    await expect(text).toHaveValue("请假不超过 5 天");
  }

  await save(page);
  await expect(page.locator(".notice")).toContainText("登录已过期");
  await expectAccessible(page, ".notice");
  isSignedIn = true;
  await signInElsewhere(page, "admin", "admin");
  await expect(page.locator(".notice")).toHaveCount(0);
  await expect(text).toHaveValue("请假不超过 5 天");
  await save(page);
  await expect(page.locator(".notices")).toContainText("已保存为版本 4");
  await page.keyboard.press("Escape");
  await expect(page.locator(".side-panel")).toHaveCount(0);
});

test("a check that the model proposes is part of the rule once somebody takes it, and saving says what it does", async ({ page }) => {
  const rule = guarded(node(0));
  await serveApi(page, {
    "GET /v1/ai/nodes/*/*": () => rule.kept.now,
    "PUT /v1/ai/nodes/*/*": rule.put,
    "POST /v1/ai/rules/*/*/propose-checks": () => proposal,
    "GET /v1/ai/jobs/*": () => proposal,
  });
  await page.goto("/console/nodes?find=院系审批 0");
  await page.locator(".data-table__row").click();
  await page.getByRole("button", { name: "请模型起草检查" }).click();
  await expect(page.locator(".proposed .outcome-list")).toContainText("不符合 1");
  await page.getByRole("button", { name: "采用并确认" }).click();
  await expect(page.getByRole("button", { name: "试算" }), "an admin has no past forms").toHaveCount(0);
  await expect(page.locator(".effect")).toContainText("会被清除");
  await page.getByLabel("规则正文").fill("请假不超过 3 天\n附证明材料\n写明去向");
  await expect(page.locator(".clauses").first()).toContainText("读作 3 条");
  await save(page);
  await expect(page.locator(".notices")).toContainText("已保存为版本 4");
  expect(rule.taken[0]?.checks.at(-1)).toEqual({ clause: "附证明材料", expression: "size(proof) > 0", confirmed: true, covers: false });
});

test("the trail keeps masks, shows text of others as text, and goes to what was changed", async ({ page }) => {
  await serveApi(page);
  await page.goto("/console/changes?open=c-1");
  const story = page.locator(".side-panel");
  await expect(story.locator(".differences__table")).toContainText(HOSTILE.slice(0, 40));
  await story.getByRole("button", { name: /显示其余/ }).click();
  await expect(story.locator("tr", { hasText: "应用密钥" }).locator("td")).toHaveText(["********", "********"]);
  expect(await story.locator("td img, td script").count()).toBe(0);

  await page.keyboard.press("Escape");
  await page.locator(".data-table__row", { hasText: "n/1 a" }).click();
  await story.getByRole("link", { name: "打开该对象" }).click();
  await expect(page).toHaveURL(/nodes\?open=leave\/~bi8xIGE/);
});
