import { expectAccessible } from "./accessible";
import { serveApi } from "./api";
import { log, replays, summary } from "./data";
import { LOOKS, wear } from "./looks";
import { signIn } from "./people";
import { enter } from "./shared-pages";
import { expect, test } from "./unharmed";

test.beforeEach(async ({ page }) => {
  await signIn(page, "ops", "ops");
});

for (const look of LOOKS) {
  test(`failures are filtered, one is opened, all are replayed with a reason, watched, and stopped by one button: ${look.locale}, ${look.width}`, async ({ page }) => {
    const say = await wear(page, look);
    const running = replays.items[0]!;
    let done = 100;
    let status: "running" | "stopped" = "running";
    const job = () => ({ ...running, id: "0009", looked_at: done, sent: done, count: 4200, status });
    const wanted: Record<string, unknown>[] = [];
    await serveApi(page, {
      "GET /v1/replays": () => ({ items: [job()], next_cursor: null }),
      "POST /v1/replays": (route) => {
        wanted.push(route.request().postDataJSON() as Record<string, unknown>);
        return wanted.at(-1)?.["dry_run"] ? { ...job(), id: null, status: "dry_run" } : job();
      },
      "DELETE /v1/replays/0009": () => {
        status = "stopped";
        return job();
      },
    });
    await page.goto("/console/push-logs?platform=jz&errcode=50001&instance=P-1001");
    await page.getByLabel(say("状态", "Status"), { exact: true }).selectOption("failed");
    await page.locator(".data-table__row").first().click();
    await expect(page.locator(".side-panel .attempt").first()).toBeVisible();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: say("批量重推…", "Replay all") }).click();
    await expect(page.locator(".popup")).toContainText(say("流程实例: P-1001", "Instance: P-1001"));
    await expect(page.locator(".plan")).toContainText(say("将重推 4,200 条日志", "4,200 logs are sent again"));
    const start = page.getByRole("button", { name: say("开始重推", "Start"), exact: true });
    await expect(start).toBeDisabled();
    await page.getByLabel(say("为什么重推", "Why"), { exact: true }).fill("收件人账号已补建");
    await start.click();

    const row = page.locator("tr[aria-current='true']");
    await expect(row).toContainText(say("100 / 4,200", "100 of 4,200"));
    await expect(page.locator(".notices")).toContainText(say("已开始", "Started"));
    expect(wanted).toHaveLength(2);
    expect(wanted[1]).toMatchObject({ platform_id: "jz", status: "failed", errcode: "50001", sess_id: "P-1001", reason: "收件人账号已补建" });
    done = 900;
    await expect(row).toContainText(say("900 / 4,200", "900 of 4,200"));
    await row.getByRole("button", { name: say("停止", "Stop") }).click();
    await expectAccessible(page, ".popup");
    await page.locator(".popup").getByRole("button", { name: say("停止", "Stop") }).click();
    await expect(row).toContainText(say("已停止", "Stopped"));
  });
}

test("a filtered list is saved as CSV, whole, without requests, and no cell is a formula", async ({ page }) => {
  let goOn = () => {};
  const looked = new Promise<void>((resolve) => (goOn = resolve));
  const first = { ...log(1), event_id: "=HYPERLINK(\"http://evil\")", entries: [{ ...log(1).entries[0]!, reason: 'a "quoted", reason' }] };
  const asked = await serveApi(page, {
    "GET /v1/push-logs": (route, url) =>
      url.searchParams.get("cursor") ? void looked.then(() => route.fulfill({ json: { items: [log(6)], next_cursor: null } })) : { items: [first], next_cursor: "next" },
  });
  await page.goto("/console/push-logs?status=failed");
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  await expectAccessible(page, ".popup");
  goOn();
  const file = await saving;
  expect(file.suggestedFilename()).toMatch(/^push-logs-.*\.csv$/);
  const stream = await file.createReadStream();
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  const lines = Buffer.concat(pieces).toString("utf8").split("\r\n");
  expect(lines[0]).toMatch(/^\uFEFF"状态","事件",/);
  expect(lines[1]).toContain(`"失败","'=HYPERLINK(""http://evil"")"`);
  expect(lines[1]).toContain('"a ""quoted"", reason"');
  expect(lines[2]).toContain(log(6).event_id);
  expect(lines).toHaveLength(4);
  expect(asked.filter((call) => call.includes("limit=200")).every((call) => call.includes("status=failed"))).toBe(true);
});

test("a named view is kept, and its link shows the same to a colleague", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await serveApi(page);
  await page.goto("/console/push-logs?status=failed&platform=jz");
  await page.getByRole("button", { name: "视图" }).click();
  await page.getByLabel("把当前筛选保存为").fill("金智失败");
  await page.getByRole("button", { name: "保存视图" }).click();
  await page.goto("/console/push-logs");
  await page.getByRole("button", { name: "视图" }).click();
  await page.getByRole("button", { name: "复制视图“金智失败”的链接" }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());

  const colleague = await context.newPage();
  await serveApi(colleague);
  await signIn(colleague, "admin", "admin");
  await colleague.goto(link);
  await expect(colleague.getByLabel("状态", { exact: true })).toHaveValue("failed");
  await expect(colleague.getByLabel("平台", { exact: true })).toHaveValue("jz");
  await expect(colleague.getByRole("button", { name: "金智失败" })).toBeVisible();
});

test("j leads into a list from anywhere, slash to its filters, and rows that came in are told", async ({ page }) => {
  let more = 0;
  await serveApi(page, { "GET /v1/push-logs": () => ({ items: Array.from({ length: 20 + more }, (_, index) => log(index + 3 - more)), next_cursor: null }) });
  await page.goto("/console/push-logs");
  await expect(page.locator(".data-table__row").first()).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect(page.locator('.data-table__row[data-index="1"]')).toBeFocused();
  more = 2;
  await page.locator(".as-of button").click();
  await expect(page.locator(".data-table__fresh")).toHaveText("新增 2 条");
  await page.keyboard.press("/");
  await expect(page.getByLabel("状态", { exact: true })).toBeFocused();
});

test("two requests of a log are compared field by field, and a call is copied with its token masked", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await serveApi(page);
  await page.goto("/console/push-logs?open=jz:ev-1");
  await page.getByRole("button", { name: "对比两次请求" }).click();
  await page.getByLabel("前一次").selectOption({ index: 0 });
  await expect(page.locator(".differences [data-changed='true']")).toContainText("u20231106");
  await page.getByRole("button", { name: "复制为 cURL" }).last().click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("-H 'accessToken: ********'");
});

test("a log is replayed, a rejected event sent in again, and dead letters go back, by one button each that tells what was done", async ({ page }) => {
  const asked = await serveApi(page);
  const told = page.locator(".notices");
  await page.goto("/console/push-logs?open=jz:ev-1");
  await expect(page.locator(".data-table__row").first(), "platforms are called by their names").toContainText("融合门户待办");
  await expect(page.locator(".side-panel .facts")).toContainText("金智待办中心 · jz");
  await page.getByRole("button", { name: "重推", exact: true }).click();
  await expect(told).toContainText("已加入推送队列");
  await enter(page, "rejected-events?open=bad-1");
  await page.getByRole("button", { name: "重新送入" }).click();
  await expect(told).toContainText("已重新送入入口队列");
  await enter(page, "dead-letters");
  await page.getByRole("button", { name: "重新投递 push-dead-letters" }).click();
  await expect(told).toContainText("2 条消息回到 push");
  const done = ["push-logs/jz:ev-1/replay", "rejected-events/bad-1/replay", "ops/queues/push-dead-letters/redrive"];
  expect(asked.filter((call) => call.startsWith("POST")).map(decodeURIComponent)).toEqual(done.map((path) => `POST /v1/${path}`));
});

test("what needs a hand has its button, where the person may press it", async ({ page }) => {
  const old = summary.queues.map((queue) => (queue.name === "push" ? { ...queue, oldest_age_s: 4000 } : queue));
  await serveApi(page, { "GET /v1/ops/summary": () => ({ ...summary, queues: old, rejected_events: { count: 4000, is_exact: false } }) });
  await page.goto("/console/overview");
  const need = page.locator(".needs__item", { hasText: "push 中最久的消息已等待" });
  await need.getByRole("link", { name: "查看日志" }).click();
  await expect(page).toHaveURL(/push-logs\?status=retrying$/);
  await page.goBack();
  await page.locator(".needs__item", { hasText: "近 24 小时拒收了 4,000+ 个" }).getByRole("link", { name: "查看事件" }).click();
  await expect(page).toHaveURL(/rejected-events$/);
});
