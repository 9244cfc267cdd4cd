import { expect, test } from "@playwright/test";
import { watch } from "../browser/api";
import { ask, change, newId, outputs, signIn } from "./stack";

// What the simulated task center takes: see local/settings.py.
const APP_ID = "taskbridge-local";
const SECRET = "only-for-this-machine";

test("a wrong secret is found by the connection test, mended, and shown at no time", async ({ page }) => {
  const wrong = watch(page);
  const id = newId("center");
  const settings = { host: outputs.simulator_url, app_id: APP_ID, scene_code: "taskbridge", app_secret: "mistyped" };
  // Disabled, so that no event of other tests is sent there too.
  await change("admin", "POST", "platforms", { id, name: "第二任务中心", class_name: "JinZhiTaskCenter", enabled: false, settings });
  const answers: string[] = [];
  page.on("response", async (answer) => answer.url().includes("/v1/") && answers.push(await answer.text().catch(() => "")));
  await signIn(page, "admin", `platforms?open=${id}`);

  await page.getByRole("button", { name: "测试连接" }).click();
  await expect(page.locator(".test__found")).toContainText("应用 ID 或密钥被拒绝");
  await page.getByLabel("应用密钥").fill(SECRET);
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.locator(".notices")).toContainText("已保存");
  await page.getByRole("button", { name: "测试连接" }).click();
  await expect(page.locator('.test__found[data-ok="true"]')).toContainText("连接正常");

  expect(await page.content()).not.toContain(SECRET);
  expect(answers.join()).not.toMatch(new RegExp(`${SECRET}|mistyped`));
  expect(wrong).toEqual([]);
  const { version } = (await ask<{ version: number }>("admin", `platforms/${id}`)) ?? { version: 0 };
  await change("admin", "DELETE", `platforms/${id}?version=${version}`);
});
