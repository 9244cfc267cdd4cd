import { ask, newId, signIn } from "./stack";
import { expect, test } from "../browser/unharmed";

interface Platform {
  settings: { host: string; app_id: string; scene_code: string };
}

test("a wrong secret is found by the connection test, which says what to do, and mended", async ({ page }) => {
  const id = newId("center");
  const { settings } = (await ask<Platform>("admin", "platforms/jinzhi"))!;
  await signIn(page, "admin", "platforms?add=JinZhiTaskCenter");
  for (const [name, value] of [
    ["名称", id],
    ["平台 ID", id],
    ["网关地址", settings.host],
    ["应用 ID", settings.app_id],
    ["应用密钥", "mistyped"],
    ["场景编码", settings.scene_code],
  ] as const) {
    await page.getByLabel(name).fill(value);
  }
  await page.getByRole("button", { name: "保存" }).click();

  const found = page.locator(".test__found");
  await page.getByRole("button", { name: "测试连接" }).click();
  await expect(found).toContainText("应用 ID 或密钥被拒绝");
  await expect(found).toContainText("重新复制密钥");

  await page.getByLabel("应用密钥").fill("only-for-this-machine");
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByRole("button", { name: "测试连接" }).click();
  await expect(found).toContainText("连接正常");
  expect(await page.content()).not.toContain("only-for-this-machine");

  await page.getByRole("button", { name: "删除…" }).click();
  await page.getByRole("dialog", { name: "删除平台" }).getByRole("button", { name: "删除", exact: true }).click();
  await expect(page.locator(".notices")).toContainText(`已删除 ${id}`);
});
