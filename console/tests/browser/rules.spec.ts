import { expectAccessible } from "./accessible";
import { job, ownRule, trials } from "./answers/ai-rules";
import { reading } from "./answers/learning";
import { serveApi } from "./api";
import { HOSTILE } from "./data";
import { LOOKS, wear } from "./looks";
import { signIn } from "./people";
import { expect, test } from "./unharmed";

const RULE = "/console/rules?open=expense/n-finance";

test.beforeEach(async ({ page }) => {
  await signIn(page, "approver-1", "approver");
});

for (const look of LOOKS) {
  test(`a rule is written, its clauses read as it is typed, tried on past tasks with progress, and saved with what becomes of old results: ${look.locale}, ${look.width}`, async ({ page }) => {
    const say = await wear(page, look);
    let looks = 0;
    const bodies: Record<string, unknown>[] = [];
    const asked = await serveApi(page, {
      "GET /v1/ai/rules/*/*": (route) => void route.fulfill({ status: 404, json: { code: "not_found", detail: "There is no such rule." } }),
      "GET /v1/ai/jobs/job-dry_run": () => {
        looks += 1;
        return looks < 3 ? job("dry_run", "running", looks) : job("dry_run", "done", trials.length);
      },
      "PUT /v1/ai/rules/*/*": (route) => {
        bodies.push(route.request().postDataJSON());
        return { ...ownRule(1), ...route.request().postDataJSON(), version: 1 };
      },
    });
    await page.goto(RULE);
    await page.getByLabel(say("规则", "Rule"), { exact: true }).fill(`金额不超过 5000 元\n附发票\n${HOSTILE}`);
    await expect(page.locator(".rule-clauses li")).toHaveCount(3);
    await page.getByLabel("发票", { exact: true }).check();

    await page.getByRole("button", { name: say("试运行", "Dry run") }).click();
    await page.getByRole("button", { name: say("估算费用", "What will it take?") }).click();
    await expect(page.locator(".dry-run__plan")).toContainText(say("4 个任务", "4 tasks"));
    await page.getByRole("button", { name: say("开始试运行", "Start"), exact: true }).click();
    await expect(page.locator(".trial")).toHaveCount(1);
    await expect(page.locator(".dry-run__progress")).toContainText(say("已完成", "Done"));
    await expect(page.locator(".dry-run__sum")).toContainText(say("4 个任务中有 2 个的意见会改变", "The opinion changes on 2 of 4 tasks"));
    await expect(page.locator(".dry-run__sum")).toContainText(say("当时 1 / 2，现在 2 / 3", "1 / 2 then, 2 / 3 now"));

    await page.getByRole("button", { name: say("编辑", "Edit") }).click();
    await expect(page.locator(".rule-page__effect")).toContainText(say("12 个待办的现有结果会清除", "clears the results of your 12 open tasks"));
    await page.getByRole("button", { name: say("保存", "Save"), exact: true }).click();
    await expect(page.locator(".notices")).toContainText(say("已保存为第 1 版，正在清除 12 个待办的旧结果", "Saved as version 1; the old results of 12 open tasks"));
    expect(bodies[0]).toMatchObject({ version: 0, file_key: ["invoices"], checks: [] });
    expect(asked.filter((call) => call.startsWith("POST /v1/ai/rules/expense/n-finance/dry-run"))).toHaveLength(2);
    expect(await page.title()).not.toContain("owned");
  });
}

test("a dry run is stopped, and its address goes on showing it", async ({ page }) => {
  let isStopped = false;
  await serveApi(page, {
    "GET /v1/ai/jobs/job-dry_run": () => job("dry_run", isStopped ? "stopped" : "running", 2),
    "DELETE /v1/ai/jobs/*": () => {
      isStopped = true;
      return job("dry_run", "stopped", 2);
    },
  });
  await page.goto(`${RULE}&view=try&job=job-dry_run`);
  await page.getByRole("button", { name: "停止" }).click();
  await expect(page.locator(".dry-run__progress")).toContainText("已停止 · 2 / 4");
  await expect(page.getByRole("button", { name: "停止" })).toHaveCount(0);
});

test("a check is confirmed only after it was tried, and one that was changed has to be confirmed anew", async ({ page }) => {
  await serveApi(page);
  await page.goto(RULE);
  const card = page.locator(".check").first();
  const confirmed = card.getByLabel("确认生效");
  await expect(confirmed).toBeChecked();
  await card.getByLabel("表达式").fill("amount <= 4000");
  await expect(confirmed).not.toBeChecked();
  await expect(confirmed).toBeDisabled();
  await card.getByRole("button", { name: "试算" }).click();
  await expect(card.locator(".outcome-list")).toContainText("不符合 2");
  await confirmed.check();

  await page.getByRole("button", { name: "请模型起草检查" }).click();
  const proposed = page.locator(".proposed .check");
  await expect(proposed).toHaveCount(2);
  await proposed.first().getByRole("button", { name: "采用并确认" }).click();
  await expect(proposed).toHaveCount(1);
  await expect(page.locator(".check-list > .check")).toHaveCount(3);
  await page.locator(".proposed summary").click();
  await expect(page.locator(".proposed__dropped")).toContainText("表单中没有字段 nothing");
});

test("who saved first is shown beside what was typed, which is not lost, and leaving asks", async ({ page }) => {
  let stands = 4;
  await serveApi(page, {
    "GET /v1/ai/rules/*/*": () => ({ ...ownRule(stands), keynote: stands > 4 ? "别人写的" : "" }),
    "PUT /v1/ai/rules/*/*": (route) => {
      const sent = route.request().postDataJSON() as { version: number };
      if (sent.version === stands) return { ...ownRule(6), ...sent, version: 6 };
      void route.fulfill({ status: 409, json: { code: "version_conflict", detail: "The rule is no longer at version 4." } });
      return undefined;
    },
  });
  await page.goto(RULE);
  await page.getByLabel("规则", { exact: true }).fill("我写的规则");
  await page.getByRole("link", { name: "返回列表" }).click();
  await page.getByRole("button", { name: "继续编辑" }).click();
  stands = 5;
  await page.getByRole("button", { name: "保存", exact: true }).click();
  await page.getByRole("button", { name: "按选择合并" }).click();
  await expect(page.getByLabel("规则", { exact: true })).toHaveValue("我写的规则");
  await expect(page.getByLabel("审批要点")).toHaveValue("别人写的");
  await page.getByRole("button", { name: "保存", exact: true }).click();
  await expect(page.locator(".notices")).toContainText("已保存为第 6 版");
});

test("a document is uploaded, its clauses are taken one by one with their checks, and what it no longer says is taken out", async ({ page }) => {
  const bodies: Record<string, unknown>[] = [];
  const sent: Record<string, unknown>[] = [];
  let stands = ownRule(4, "单笔报销金额不超过 5000 元\n须附发票原件");
  await serveApi(page, {
    "GET /v1/ai/rules/*/*": () => stands,
    "POST /v1/ai/rules/*/*/documents": (route) => {
      sent.push(route.request().postDataJSON());
      return reading("running");
    },
    "PUT /v1/ai/rules/*/*": (route) => {
      bodies.push(route.request().postDataJSON());
      stands = { ...ownRule(5, String(route.request().postDataJSON().rule)), stale: null };
      return stands;
    },
  });
  await page.goto(RULE);
  await expect(page.locator(".stale-note")).toContainText("1 条的原句已不在");
  await page.locator(".policy input[type=file]").setInputFiles({ name: "办法.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7") });

  const gone = page.locator('.policy-clause[data-state="gone"]');
  await gone.getByRole("button", { name: "从规则删去" }).click();
  const fresh = page.locator(".policy-clause").filter({ hasText: "3000 元" });
  await expect(fresh).toContainText("第 1 页");
  await fresh.getByRole("button", { name: "采用并确认检查" }).click();
  await expect(page.getByLabel("规则", { exact: true })).toHaveValue("须附发票原件\n单笔报销金额不超过 3000 元");
  await expect(fresh).toContainText("已采用");
  await page.getByRole("button", { name: "保存", exact: true }).click();

  await expect(page.locator(".notices")).toContainText("已保存为第 5 版");
  await expect(page.locator(".stale-note")).toHaveCount(0);
  expect(sent[0]).toMatchObject({ name: "办法.pdf", content: "JVBERi0xLjc=", of: "me", is_new_version: true, wait: false });
  expect(bodies[0]).toMatchObject({ document: "job-read_document" });
  expect((bodies[0]?.["checks"] as { expression: string }[]).map((check) => check.expression)).toContain("amount <= 3000");
  expect(await page.title()).not.toContain("owned");
});

test("a draft that overrules suggest is tried beside it, and taken into the editor without being saved", async ({ page }) => {
  const asked = await serveApi(page);
  await page.goto("/console/agreement?open=expense/n-finance&view=overrules");
  const loosen = page.locator(".overrule").first();
  await expect(loosen).toContainText("不符合 26 份，仍同意 20 份");
  await loosen.getByRole("button", { name: "试运行这份草稿" }).click();
  await loosen.getByRole("button", { name: "估算费用" }).click();
  await loosen.getByRole("button", { name: "开始试运行" }).click();
  await expect(loosen.locator(".trial")).toHaveCount(4);

  await loosen.getByRole("button", { name: "放进编辑框…" }).click();
  await expect(page.getByLabel("规则", { exact: true })).toHaveValue(/不超过 5750 元/);
  await expect(page.locator(".rule-page__bar")).toBeVisible();
  expect(asked.some((call) => call.startsWith("PUT"))).toBe(false);
});

test("an admin tries a draft of the node's default on everyone's tasks, and takes it into that editor without saving it", async ({ page }) => {
  await signIn(page, "admin-1", "admin");
  const asked = await serveApi(page);
  const sent: Record<string, unknown>[] = [];
  page.on("request", (request) => request.url().endsWith("/dry-run") && sent.push(request.postDataJSON() as Record<string, unknown>));
  await page.goto("/console/agreement?open=expense/n-finance&view=overrules");
  const loosen = page.locator(".overrule").first();
  await loosen.getByRole("button", { name: "试运行这份草稿" }).click();
  await expect(loosen).toContainText("没有表单内容");
  await loosen.getByRole("button", { name: "估算费用" }).click();
  await loosen.getByRole("button", { name: "开始试运行" }).click();
  await expect(loosen.locator(".trial")).toHaveCount(4);
  expect(sent.map((each) => each["of"])).toEqual(["everyone", "everyone"]);

  await loosen.getByRole("button", { name: "放进编辑框…" }).click();
  await expect(page).toHaveURL(/\/console\/nodes\?open=expense/);
  await expect(page.getByLabel("规则正文")).toHaveValue(/不超过 5750 元/);
  expect(asked.some((call) => call.startsWith("PUT"))).toBe(false);
});

test("an earlier version is compared and restored, and a rule is deleted after saying what is asked then", async ({ page }) => {
  const asked = await serveApi(page);
  await page.goto(`${RULE}&view=versions`);
  await page.getByLabel("与哪一版对照").selectOption("2");
  await expect(page.locator(".versions")).toContainText("金额不超过 3000 元");
  await page.getByRole("button", { name: "恢复这一版" }).click();
  await expect(page.locator(".popup")).toContainText("12 个待办的现有结果会清除");
  await expectAccessible(page, ".popup");
  await page.locator(".popup").getByRole("button", { name: "恢复这一版" }).click();
  await expect(page.locator(".notices")).toContainText("已恢复第 2 版，现为第 5 版");
  expect(asked.some((call) => call === "POST /v1/ai/rules/expense/n-finance/versions/2/restore")).toBe(true);

  await page.getByRole("button", { name: "删除规则…" }).click();
  await expect(page.locator(".popup")).toContainText("报销金额不超过 3000 元");
  await page.locator(".popup").getByRole("button", { name: "删除规则" }).click();
  await expect(page).toHaveURL(/\/console\/rules$/);
  expect(asked).toContain("DELETE /v1/ai/rules/expense/n-finance?version=4");
});

test("a recommendation is taken or dismissed, and reminders are put away", async ({ page }) => {
  const asked = await serveApi(page);
  await page.goto("/console/rules");
  await page.getByRole("button", { name: "知道了" }).click();
  await page.locator(".recommended__one").last().getByRole("button", { name: "不再提醒" }).click();
  await expect(page.locator(".notices")).toContainText("不再建议为此节点写规则");
  expect(asked).toContain("DELETE /v1/ai/rule-updates");
  expect(asked).toContain("DELETE /v1/ai/recommendations/seal/n-2");
  await page.locator(".recommended__one").first().getByRole("button", { name: "写规则" }).click();
  await expect(page).toHaveURL(/open=seal\/n-1/);
});

test("agreement under thirty decisions is not shown, and says why", async ({ page }) => {
  await serveApi(page);
  await page.goto("/console/agreement");
  const few = page.locator(".node-agreement").last();
  await expect(few).toContainText("不足 30 次决定，暂不显示");
  await expect(few.locator(".interval")).toHaveCount(0);
  await expect(page.locator(".node-agreement").first().locator(".interval")).toContainText("95% 区间");
});
