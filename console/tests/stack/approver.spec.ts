import type { Page } from "@playwright/test";
import { type Approval, approvalEvents, ask, followedBy, newId, send, signIn } from "./stack";
import { expect, test } from "../browser/unharmed";

interface Task {
  results: { id: string; status: string; verdict: string; text: string; findings: { clause: string }[] }[];
}

interface Event {
  targets: { status: string }[];
}

const said = (page: Page) => page.locator(".opinion__text");

/** A claim of an application of its own, which this person has to approve by a rule of two clauses. */
async function claim(approver: "approver-1" | "approver-2"): Promise<Approval> {
  const asked = approvalEvents(newId("claim"), approver);
  await send(asked.published);
  const targets = () => ask<Event>("ops", `events/${asked.published["id"]}`).then((event) => event?.targets.map((each) => each.status));
  await expect.poll(targets).toEqual(["succeeded"]);
  return asked;
}

test("an approver sees a task come, watches what the model writes, and loses and doubles nothing by a reload", async ({ page }) => {
  const { taskId, subject, received } = await claim("approver-1");
  await signIn(page, "approver-1", "approvals");
  await send(received);
  await page.locator(".data-table__row", { hasText: subject }).click();

  await expect(said(page)).not.toBeEmpty();
  await page.reload();
  await expect(page.locator(".opinion__state")).toContainText("倾向同意");
  const result = (await ask<Task>("approver-1", `ai/tasks/${taskId}`))?.results[0];
  expect(result?.verdict).toBe("approve");
  await expect(page.locator(".finding")).toHaveCount(result?.findings.length ?? 0);
  await page.getByText("分析过程").click();
  await expect(said(page)).toHaveText(result?.text ?? "");

  await expect(page.locator(".opinion")).toContainText("供参考，由您决定");
  await page.locator("button.evidence__quote").first().click();
  await expect(page.locator(".review__form .quoted__mark").first()).toBeInViewport();
});

test("nobody else's task is shown, also by its address", async ({ page }) => {
  const { taskId, received } = await claim("approver-2");
  await send(received);
  await expect.poll(() => ask<Task>("approver-2", `ai/tasks/${taskId}`).then((task) => task?.results.length)).toBe(1);

  await signIn(page, "approver-1", `approvals?open=${taskId}`);
  await expect(page.locator(".state-panel")).toBeVisible();
  await expect(page.locator(".opinion")).toHaveCount(0);
});

test("a rule is written, tried on a past task and saved; what the old one said of an open task is cleared", async ({ page }) => {
  const past = await claim("approver-1");
  const next = newId("T-next");
  const results = (taskId: string) => ask<Task>("approver-1", `ai/tasks/${taskId}`).then((task) => task?.results ?? []);
  const verdict = (taskId: string) => results(taskId).then(([latest]) => latest?.verdict);
  await send(past.received);
  await expect.poll(() => verdict(past.taskId)).toBe("approve");
  for (const event of followedBy(past, next)) await send(event);
  await expect.poll(() => verdict(next)).toBe("approve");
  const [old] = await results(next);

  await signIn(page, "approver-1", `rules?open=${past.path}`);
  await page.getByLabel("规则", { exact: true }).fill("1. 报销金额不超过 1000 元。");
  await expect(page.locator(".rule-clauses li")).toHaveCount(1);
  await page.getByRole("button", { name: "试运行" }).click();
  await page.getByRole("button", { name: "估算费用" }).click();
  await expect(page.locator(".dry-run__plan")).toContainText("1 个任务");
  await page.getByRole("button", { name: "开始试运行" }).click();
  await expect(page.locator(".dry-run__progress")).toContainText("已完成");
  await expect(page.locator(".dry-run__sum")).toContainText("1 个任务中有 1 个的意见会改变");
  expect(await verdict(next)).toBe("approve");

  await page.getByRole("button", { name: "编辑" }).click();
  await expect(page.locator(".rule-page__effect")).toContainText("1 个待办的现有结果会清除");
  await page.getByRole("button", { name: "保存", exact: true }).click();
  await expect(page.locator(".notices")).toContainText("已保存为第 1 版，正在清除 1 个待办的旧结果");

  await page.getByRole("link", { name: "我的审批" }).click();
  await page.locator(".data-table__row", { hasText: past.subject }).click();
  await expect(page.locator(".opinion__state")).toContainText("尚未分析");
  expect((await results(next)).map((each) => each.id)).not.toContain(old?.id);
  expect(await verdict(past.taskId)).toBe("approve");
});
