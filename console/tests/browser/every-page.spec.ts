import { expect, test } from "@playwright/test";
import { barriersOf } from "./accessible";
import { ENTRY_KEY } from "./answers/ai-rules";
import { PICTURES } from "./data";
import { LOOKS } from "./looks";
import { pageOf, seenIn, walkTo } from "./shared-pages";

/** Every page, with what opens on it, also by `keys` or the button to `press`. A page of yours goes here: all that holds for every page is tested of it. */
const VIEWS: readonly { name: string; path: string; role: "ops" | "admin" | "approver"; shows: string; keys?: string; types?: string; below?: string; press?: string }[] = [
  { name: "overview", path: "overview", role: "ops", shows: ".flow" },
  { name: "push-logs", path: "push-logs", role: "ops", shows: ".data-table__row" },
  { name: "push-log", path: "push-logs?open=jz:ev-1", role: "ops", shows: ".attempt" },
  { name: "causes", path: "causes", role: "ops", shows: ".cause" },
  { name: "replays", path: "replays", role: "ops", shows: ".progress" },
  { name: "rejected-events", path: "rejected-events", role: "ops", shows: ".data-table__row" },
  { name: "rejected-event", path: "rejected-events?open=bad-1", role: "ops", shows: ".code" },
  { name: "skipped-events", path: "skipped-events", role: "ops", shows: ".data-table__row" },
  { name: "skipped-event", path: "skipped-events?open=skip-3", role: "ops", shows: ".skipped-why" },
  { name: "charts", path: "overview", role: "ops", shows: ".time-chart canvas", below: ".history" },
  { name: "replay-all", path: "push-logs?status=failed&platform=jz", role: "ops", shows: ".popup .plan", press: "批量重推…|Replay all" },
  { name: "views", path: "push-logs?status=failed", role: "ops", shows: ".popup", press: "视图|Views" },
  { name: "push-log-instance", path: "push-logs?open=jz:ev-1", role: "ops", shows: ".wanted", below: ".wanted" },
  { name: "search", path: "push-logs", role: "ops", shows: ".palette__one .status", keys: "Control+k", types: "ev-1" },
  { name: "search-nothing", path: "dead-letters", role: "ops", shows: ".palette__nothing", keys: "Control+k", types: "none" },
  { name: "keys", path: "dead-letters", role: "ops", shows: ".keys", keys: "?" },
  { name: "dead-letters", path: "dead-letters", role: "ops", shows: ".plain-table" },
  { name: "approvals", path: "approvals", role: "approver", shows: ".data-table__row" },
  { name: "approval", path: "approvals?open=T-done", role: "approver", shows: ".finding" },
  { name: "approval-again", path: "approvals?open=T-done", role: "approver", shows: ".popup", press: "重新分析|Analyse again" },
  { name: "approval-streaming", path: "approvals?open=T-stream", role: "approver", shows: ".opinion__text" },
  { name: "approval-failed", path: "approvals?open=T-failed", role: "approver", shows: ".opinion__reason" },
  { name: "approval-done", path: "approvals?open=T-over", role: "approver", shows: ".feedback__words" },
  { name: "approval-gone", path: "approvals?open=T-gone", role: "approver", shows: ".page .state-panel" },
  { name: "ai-settings", path: "ai-settings", role: "admin", shows: ".chain" },
  { name: "nodes", path: "nodes", role: "admin", shows: ".data-table__row" },
  { name: "node", path: "nodes?open=leave/n2", role: "admin", shows: ".check" },
  { name: "node-new", path: "nodes", role: "admin", shows: ".popup", press: "新建节点规则…|Rule for another node…" },
  { name: "changes", path: "changes", role: "admin", shows: ".data-table__row" },
  { name: "change", path: "changes?open=c-1", role: "admin", shows: ".differences__table" },
  { name: "platforms", path: "platforms", role: "admin", shows: ".state-tag" },
  { name: "platform", path: "platforms?open=jz", role: "admin", shows: ".secret-field" },
  { name: "platform-ai", path: "platforms?open=qwen", role: "admin", shows: ".schema-row" },
  { name: "platform-unreadable", path: "platforms?open=broken", role: "admin", shows: ".will-do" },
  { name: "platform-delete", path: "platforms?open=jz&delete=1", role: "admin", shows: ".removal-waiting" },
  { name: "platform-choose", path: "platforms?add=choose", role: "admin", shows: ".platform-type" },
  { name: "platform-new", path: "platforms?add=JinZhiTaskCenter", role: "admin", shows: ".ask-mark" },
  { name: "trigger-rules", path: "trigger-rules", role: "admin", shows: ".coverage" },
  { name: "trigger-rule", path: "trigger-rules?open=leave", role: "admin", shows: ".ticks" },
  { name: "trigger-rule-delete", path: "trigger-rules?open=leave&delete=1", role: "admin", shows: ".flows" },
  { name: "trigger-rule-new", path: "trigger-rules?add=1", role: "admin", shows: ".ticks" },
  { name: "rules", path: "rules", role: "approver", shows: ".rule-table" },
  { name: "rule", path: "rules?open=expense/n-finance", role: "approver", shows: ".check" },
  { name: "rule-delete", path: "rules?open=expense/n-finance", role: "approver", shows: ".popup", press: "删除规则…|Delete…" },
  { name: "rule-dry-run", path: "rules?open=expense/n-finance&view=try&job=job-dry_run", role: "approver", shows: ".trial" },
  { name: "rule-versions", path: "rules?open=expense/n-finance&view=versions", role: "approver", shows: ".versions .marked" },
  { name: "agreement", path: "agreement", role: "approver", shows: ".node-agreement" },
  { name: "agreement-clauses", path: "agreement?open=x/~aG9zdGlsZQ", role: "approver", shows: ".clause-agreement" },
  { name: "late-analyses", path: "late-analyses", role: "ops", shows: ".late-analysis" },
  { name: "agreement-overrules", path: "agreement?open=expense/n-finance&view=overrules", role: "approver", shows: ".overrule" },
  { name: "agreement-coverage", path: "agreement?open=expense/n-finance&view=coverage", role: "approver", shows: ".coverage-picture" },
  { name: "agreement-flips", path: "agreement?of=everyone&open=expense/n-finance&view=flips", role: "admin", shows: ".flips" },
  { name: "rule-document", path: "rules?open=expense/n-finance", role: "approver", shows: ".stale-note", below: ".policy" },
  { name: "api", path: "api", role: "approver", shows: ".api-route" },
  { name: "api-route", path: "api?open=replays.create", role: "approver", shows: ".api-story" },
  { name: "ai-audit", path: PICTURES ? "ai-audit" : "ai-audit?span=own", role: "admin", shows: ".data-table__row" },
  { name: "ai-audit-entry", path: `ai-audit?open=${ENTRY_KEY}`, role: "admin", shows: ".code" },
];
const SHOWN = PICTURES ? ["zh", "en"].map((locale) => ({ width: 1440, height: 900, locale, theme: "light" })) : LOOKS;
/** With a folder, every view is kept there as a picture: see docs/console.md. */
const SHOTS = process.env["SHOTS"];

// One after the other, so that a page is loaded once for each role.
test.describe.configure({ mode: "default" });
for (const view of VIEWS) {
  test(`${view.name} is whole, accessible and within the policy in every look`, async ({ browser }) => {
    const seen = await pageOf(browser, view.role, SHOWN[0]!);
    const { page, wrong } = seen;
    await walkTo(page, view.path, view.shows, view);
    for await (const look of seenIn(SHOWN, seen)) {
      const name = `at ${look.width}, ${look.locale}, ${look.theme}`;
      await expect(page.locator(view.shows).first(), name).toBeVisible();

      // Nothing looks as if it were pointed at.
      if (PICTURES) await page.mouse.move(0, 0);
      if (PICTURES) await page.screenshot({ path: `${PICTURES}/${view.name}-${look.locale}.webp`, type: "webp", quality: 70, animations: "disabled" });
      if (SHOTS) await page.screenshot({ path: `${SHOTS}/${view.name}-${look.width}-${look.locale}-${look.theme}.png`, animations: "disabled" });
      const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      // What follows the width of the screen does so a frame later.
      await expect.poll(overflow, `nothing is wider than the screen ${name}`).toBeLessThanOrEqual(0);
      if (PICTURES) continue;
      expect(await page.title(), "text of others is text").not.toContain("owned");
      expect(await barriersOf(page), name).toEqual([]);
      expect(wrong).toEqual([]);
    }
  });
}
