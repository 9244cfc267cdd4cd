import type { Route } from "@playwright/test";
import { expectAccessible } from "./accessible";
import { losing, now, passed, platform, refused, removal, rules, settings } from "./answers/setup";
import { serveApi } from "./api";
import { LOOKS, wear } from "./looks";
import { signIn } from "./people";
import { expect, test } from "./unharmed";

test.beforeEach(async ({ page }) => {
  await signIn(page, "admin", "admin");
});

const problem = (route: Route, status: number, code: string, detail: string, errors: object[] = []) =>
  void route.fulfill({ status, json: { status, code, detail, errors } });

for (const look of LOOKS) {
  test(`a wrong secret is found by the connection test, mended, and never shown: ${look.locale}, ${look.width}`, async ({ page }) => {
    const say = await wear(page, look);
    const put: Record<string, unknown>[] = [];
    const tested: unknown[] = [];
    let current = platform();
    await serveApi(page, {
      "GET /v1/platforms/*": () => current,
      "POST /v1/platforms/*/test": (route) => {
        tested.push(route.request().postDataJSON());
        return current.version === 3 ? refused : passed;
      },
      "PUT /v1/platforms/*": (route) => {
        put.push(route.request().postDataJSON() as Record<string, unknown>);
        return (current = platform({ version: 4 }));
      },
    });
    await page.goto("/console/platforms?open=jz");
    await page.getByRole("button", { name: say("测试连接", "Test the connection") }).click();
    const found = page.locator(".test__found");
    await expect(found).toContainText(say("应用 ID 或密钥被拒绝", "The app id or the secret is refused"));
    await expect(found).toContainText(say("重新复制密钥", "copy the secret anew"));
    await expect(found).toContainText(say("没有验证 · 写入待办", "Not tried · "));

    const secret = page.getByLabel(say("应用密钥", "App secret"));
    await expect(secret).toHaveValue("");
    await secret.fill("new-secret-1");
    await expect(found).toHaveCount(0);
    await expect(page.getByRole("button", { name: say("测试连接", "Test the connection") })).toBeDisabled();
    await page.getByRole("button", { name: say("保存", "Save") }).click();
    await expect(page.locator(".notices")).toContainText(say("已保存", "Saved"));
    expect(put).toEqual([{ name: "金智待办中心", class_name: "JinZhiTaskCenter", enabled: true, settings: { ...settings, app_secret: "new-secret-1" }, version: 3 }]);
    await expect(secret).toHaveValue("");

    await page.getByLabel(say("试推待办给", "A trial todo for")).fill("10021");
    await page.getByRole("button", { name: say("测试连接", "Test the connection") }).click();
    await expect(page.locator('.test__found[data-ok="true"]')).toContainText(say("连接正常", "It answers"));
    expect(tested).toEqual([{ todo_for: "" }, { todo_for: "10021" }]);
  });
}

test("what the API refuses stands at its field, and a secret that stays empty is kept", async ({ page }) => {
  const put: { settings: Record<string, unknown> }[] = [];
  await serveApi(page, {
    "PUT /v1/platforms/*": (route) => {
      put.push(route.request().postDataJSON() as { settings: Record<string, unknown> });
      problem(route, 422, "invalid_setting", "settings.timeout_s: expected at most 15", [
        { in: "body", field: "settings.timeout_s", problem: "expected at most 15, got 20.5", kind: "too_large", values: { most: "15" } },
        { in: "body", field: "settings.app_id", problem: "words of a later version", kind: "later", values: {} },
      ]);
    },
  });
  await page.goto("/console/platforms?open=jz");
  await page.getByText("超时与限速").click();
  await page.getByLabel("超时（秒）").fill("31");
  await expect(page.locator(".field__problem")).toHaveText("不能大于 30");
  await page.getByLabel("超时（秒）").fill("20.5");
  await page.getByText("超时与限速").click();
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.locator(".field__problem")).toHaveText(["words of a later version", "不能大于 15"]);
  await expect(page.getByLabel("超时（秒）")).toHaveValue("20.5");
  await expect(page.locator(".save-bar__problem")).toContainText("超时（秒）: 不能大于 15; 应用 ID: words of a later version");
  expect(put[0]?.settings).toEqual({ ...settings, timeout_s: 20.5 });
});

test("another's change is shown beside one's own, without the secret that was typed", async ({ page }) => {
  let isRead = false;
  await serveApi(page, {
    "GET /v1/platforms/*": () => (isRead ? platform({ name: "别人改的名字", version: 4 }) : platform()),
    "PUT /v1/platforms/*": (route) => {
      isRead = true;
      problem(route, 409, "version_conflict", "Somebody else changed it since it was read.");
    },
  });
  await page.goto("/console/platforms?open=jz");
  await page.getByLabel("应用密钥").fill("typed-secret");
  await page.getByRole("button", { name: "保存" }).click();
  const panel = page.getByRole("dialog", { name: "其他人也修改了这里" });
  await expect(panel).toContainText("别人改的名字");
  await expect(panel).toContainText("应用密钥");
  expect(await page.content()).not.toContain("typed-secret");
});

test("a platform that work waits for is not deleted: it drains, and goes once nothing waits", async ({ page }) => {
  let waiting = { ...removal, waiting: { parked: 3, queued: false } };
  const asked = await serveApi(page, {
    "GET /v1/platforms/*/removal": () => waiting,
    "DELETE /v1/platforms/*": (route, url) => {
      if (!waiting.waiting.parked) return void route.fulfill({ status: 204 });
      if (url.searchParams.get("drain") !== "true") return problem(route, 409, "platform_in_use", "3 instances have parked work.");
      waiting = { ...waiting, draining: true, version: 4 };
      return void route.fulfill({ status: 202, json: { id: "jz", draining: true, waiting: waiting.waiting } });
    },
  });
  await page.goto("/console/platforms?open=jz");
  await page.getByRole("button", { name: "删除…" }).click();
  const dialog = page.getByRole("dialog", { name: "删除平台" });
  await expect(dialog).toContainText("3 个流程实例有存放的待办");
  await expect(dialog.getByRole("button", { name: "删除", exact: true })).toHaveCount(0);
  await dialog.getByRole("button", { name: "开始排空" }).click();
  await expect(dialog).toContainText("正在排空");

  waiting = { ...waiting, waiting: { parked: 0, queued: false } };
  await dialog.getByRole("button", { name: "删除", exact: true }).click();
  await expect(page.locator(".notices")).toContainText("已删除");
  expect(asked.filter((call) => call.startsWith("DELETE"))).toEqual(["DELETE /v1/platforms/jz?version=3&drain=true", "DELETE /v1/platforms/jz?version=4&drain=false"]);
  await expect(page.locator(".side-panel")).toHaveCount(0);
});

test("a deletion that is refused meanwhile says why", async ({ page }) => {
  let waiting = removal;
  await serveApi(page, {
    "GET /v1/platforms/*/removal": () => waiting,
    "DELETE /v1/platforms/*": (route) => {
      waiting = { ...removal, rules: ["leave"] };
      problem(route, 409, "platform_in_use", "Trigger rules name it: leave.");
    },
  });
  await page.goto("/console/platforms?open=jz&delete=1");
  await page.getByRole("button", { name: "删除", exact: true }).click();
  await expect(page.locator(".notices")).toContainText("平台还在使用");
  await expect(page.getByRole("dialog", { name: "删除平台" }).getByRole("link", { name: "请假只推金智" })).toHaveAttribute("href", /trigger-rules\?open=leave/);
});

test("a platform is added from the form of its class, and what is typed is not left without a question", async ({ page }) => {
  const posted: unknown[] = [];
  await serveApi(page, {
    "POST /v1/platforms": (route) => {
      posted.push(route.request().postDataJSON());
      return platform({ id: "jz-2", name: "新平台", version: 1 });
    },
  });
  await page.goto("/console/platforms?add=choose");
  await page.getByRole("button", { name: /金智任务中心/ }).click();
  await page.getByLabel("名称").fill("新平台");
  await page.getByLabel("网关地址").fill("https://x.school.edu.cn");
  await page.getByLabel("应用密钥").fill("s-1");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "继续编辑" }).click();
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page).toHaveURL(/open=jz-2/);
  expect(posted).toEqual([{ name: "新平台", class_name: "JinZhiTaskCenter", enabled: true, settings: { host: "https://x.school.edu.cn", app_secret: "s-1" } }]);
});

test("a trigger rule that leaves something uncovered says what, before it is saved and after", async ({ page }) => {
  const asked = await serveApi(page, {
    "PUT /v1/trigger-rules/*": () => ({ ...rules[0], version: 3, gaps: losing.gaps }),
  });
  await page.goto("/console/trigger-rules?open=leave");
  await page.getByLabel("金智待办中心").uncheck();
  await expect(page.locator(".rule-effect")).toContainText("金智待办中心：收到待办（leave 以外的应用）");
  await page.getByRole("button", { name: "保存" }).click();
  const dialog = page.getByRole("dialog", { name: "保存后有些事件不再发送" });
  await expect(dialog).toContainText("智能审批：节点发布");
  await expectAccessible(page, ".popup");
  expect(asked.filter((call) => call.startsWith("PUT"))).toEqual([]);

  await dialog.getByRole("button", { name: "仍然保存" }).click();
  await expect(page.locator(".rule-effect")).toContainText("从此不再发送");
  expect(asked.filter((call) => call.startsWith("PUT"))).toHaveLength(1);
});

test("the page of trigger rules shows what goes nowhere", async ({ page }) => {
  await serveApi(page, { "POST /v1/trigger-rules/preview": () => ({ ...now, flows: now.flows.slice(0, 1) }) });
  await page.goto("/console/trigger-rules");
  const card = page.getByRole("region", { name: "现在的去向" });
  await expect(card).toContainText("“智能审批”什么都收不到");
  await expect(card.getByRole("row", { name: /待办完成/ })).toContainText("事件会被跳过");
  await expect(card.getByRole("row", { name: /收到待办/ })).toContainText("仅 leave");
});
