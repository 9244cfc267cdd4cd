import { expect, test, type Page } from "@playwright/test";
import { watch } from "../browser/api";
import { type Approval, approvalEvents, ask, newId, send, signIn } from "./stack";

interface Task {
  results: { status: string; verdict: string; text: string; findings: { clause: string }[] }[];
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
  const wrong = watch(page);
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
  expect(wrong).toEqual([]);
});

test("nobody else's task is shown, also by its address", async ({ page }) => {
  const { taskId, received } = await claim("approver-2");
  await send(received);
  await expect.poll(() => ask<Task>("approver-2", `ai/tasks/${taskId}`).then((task) => task?.results.length)).toBe(1);

  await signIn(page, "approver-1", `approvals?open=${taskId}`);
  await expect(page.locator(".state-panel")).toBeVisible();
  await expect(page.locator(".opinion")).toHaveCount(0);
});
