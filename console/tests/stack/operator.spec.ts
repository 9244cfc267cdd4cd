import { LOOKED_AT_MS } from "../../src/api/live";
import { ask, newId, received, send, setFaults, signIn } from "./stack";
import { expect, test } from "../browser/unharmed";

interface Log {
  id: string;
  status: string;
}

const logs = (query: string) => ask<{ items: Log[] }>("ops", `push-logs?${query}`).then((found) => found?.items ?? []);

test("a push log is on the page by the next look after it is stored, opens to its story, and its address shows the same", async ({ page, context }) => {
  const id = newId("seen");
  await signIn(page, "ops", `push-logs?instance=P-${id}`);
  await expect(page.locator(".list-foot, .state-panel").first()).toBeVisible();

  await send(received(id));
  await expect.poll(() => logs(`sess_id=P-${id}&status=succeeded`).then((found) => found.length), { intervals: [100] }).toBe(1);
  // The look that begins next shows it; looks are so far apart as the acceptance of the console says.
  expect(LOOKED_AT_MS).toBeLessThanOrEqual(3_000);
  await page.waitForRequest((request) => request.url().includes("/v1/push-logs?") && request.url().includes(`P-${id}`));
  await expect(page.locator(".data-table__row")).toContainText(id);

  await page.locator(".data-table__row").click();
  await expect(page.locator(".side-panel .attempt").first()).toContainText("200");
  await expect(page.locator(".side-panel")).not.toContainText("only-for-this-machine");

  const colleague = await context.newPage();
  await signIn(colleague, "admin", new URL(page.url()).href.split("/console/")[1]);
  await expect(colleague.locator(".side-panel .attempt").first()).toBeVisible();
});

test("what a task center refused is replayed, all that match, with a plan and to the end", async ({ page }) => {
  const begun = new Date().toISOString();
  const ids = [newId("refused"), newId("refused"), newId("refused")];
  // A code that says for good that the task is not wanted.
  await setFaults({ failure_rate: 1, kinds: ["errcode:41001"], operations: ["insert_task"] });
  try {
    await send(...ids.map((id) => received(id)));
    const failed = `status=failed&from=${encodeURIComponent(begun)}`;
    await expect.poll(() => logs(failed).then((found) => found.length)).toBe(ids.length);
  } finally {
    await setFaults({});
  }

  await signIn(page, "ops", `push-logs?status=failed&span=own&from=${encodeURIComponent(begun)}`);
  await expect(page.locator(".data-table__row")).toHaveCount(ids.length);
  await page.getByRole("button", { name: "批量重推…" }).click();
  await expect(page.locator(".plan")).toContainText(`将重推 ${ids.length} 条日志`);
  await page.getByLabel("为什么重推").fill("任务中心已恢复");
  await page.getByRole("button", { name: "开始重推" }).click();

  await expect(page).toHaveURL(/\/console\/replays\?open=/);
  const job = page.locator("tbody tr").filter({ hasText: "任务中心已恢复" });
  await expect(job).toContainText("已完成");
  await expect(job).toContainText(`${ids.length} / ${ids.length}`);
  for (const id of ids) {
    await expect.poll(() => logs(`sess_id=P-${id}`).then((found) => found[0]?.status)).toBe("succeeded");
  }
});
