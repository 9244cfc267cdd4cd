import type { Page, Route } from "@playwright/test";
import { aiRules } from "./answers/ai-rules";
import { apiDescription } from "./answers/api-description";
import { approvals } from "./answers/approvals";
import { lateAnalyses } from "./answers/late";
import { learning } from "./answers/learning";
import { ops } from "./answers/ops";
import { settingsAnswers } from "./answers/settings";
import { setup } from "./answers/setup";
import * as data from "./data";

export type Answers = Record<string, (route: Route, url: URL) => unknown>;

const LOGS = 10_000;

function logs(url: URL) {
  const from = Number(url.searchParams.get("cursor") ?? 0);
  const limit = Number(url.searchParams.get("limit") ?? 50);
  const wanted = url.searchParams.get("status");
  const items = Array.from({ length: limit }, (_, index) => data.log(from + index)).filter((each) => !wanted || each.status === wanted);
  return { items, next_cursor: from + limit < LOGS ? String(from + limit) : null };
}

const usual: Answers = {
  ...approvals,
  ...settingsAnswers,
  "GET /v1/ops/summary": () => data.summary,
  "GET /v1/push-logs": (_route, url) => logs(url),
  "GET /v1/push-logs/causes": () => data.causes,
  "GET /v1/push-logs/*": (_route, url) => data.detail(decodeURIComponent(url.pathname.split("/").at(-1) ?? "")),
  "POST /v1/push-logs/*/replay": (_route, url) => ({ id: url.pathname.split("/")[3], platform_id: "jz", sess_id: "P-1", requested_at: data.summary.at }),
  "GET /v1/replays": () => data.replays,
  "POST /v1/replays": (route) => (route.request().postDataJSON().dry_run ? data.planned : data.replays.items[0]),
  "DELETE /v1/replays/*": () => ({ ...data.replays.items[0], status: "stopped" }),
  "GET /v1/rejected-events": () => data.rejected,
  "POST /v1/rejected-events/*/replay": () => ({ id: "bad-1", event_id: "bad-1", replayed_at: data.summary.at, replayed_by: "ops" }),
  "POST /v1/ops/queues/*/redrive": () => ({ queue: "push-dead-letters", destination: "push", waiting: 2, moved: null, is_done: true }),
  ...ops,
  ...setup,
  ...aiRules,
  ...lateAnalyses,
  ...apiDescription,
  ...learning,
};

function isOf(pattern: string, call: string): boolean {
  return new RegExp(`^${pattern.replace(/[/.]/g, "\\$&").replaceAll("*", "[^/]+")}$`).test(call);
}

/** The API of a page: what it answers, and what it was asked. A test changes single answers. */
export async function serveApi(page: Page, changed: Answers = {}): Promise<string[]> {
  const asked: string[] = [];
  const answers = { ...usual, ...changed };
  await page.route("**/v1/**", async (route) => {
    const url = new URL(route.request().url());
    const call = `${route.request().method()} ${url.pathname}`;
    asked.push(`${call}${url.search}`);
    const found = answers[call] ? call : Object.keys(answers).find((pattern) => isOf(pattern, call));
    if (!found) return route.fulfill({ status: 404, json: { code: "not_found", detail: `no answer for ${call}` } });
    const answer = answers[found]?.(route, url);
    if (answer !== undefined) await route.fulfill({ json: answer });
  });
  return asked;
}

/** What the policy of the page refused, and what else went wrong in it. */
export function watch(page: Page, wrong: string[] = []): string[] {
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text())) wrong.push(`refused: ${message.text()}`);
  });
  return wrong;
}
