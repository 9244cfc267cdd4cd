import type { Page, Route } from "@playwright/test";
import { barriersOf } from "./accessible";
import { delta, detail, events, result, stream } from "./answers/approvals";
import { type Answers, serveApi } from "./api";
import { idToken } from "./people";
import { expect, test } from "./unharmed";

const HOST = "http://process.localhost";
const API = String(process.env["CONSOLE_URL"]);
/** As strict as a page can be that shows the panel: nothing inline, no policy of Trusted Types at all. */
const POLICY = [
  "default-src 'none'",
  `script-src 'self' ${API}`,
  `connect-src ${API}`,
  "style-src 'self'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");
const PAGE = `<!doctype html><html lang="zh-CN"><head><title>流程系统</title><link rel="stylesheet" href="/host.css">
<script src="/host.js"></script><script type="module" crossorigin src="${API}/console/review.js"></script></head>
<body><main><h1>请假申请</h1><taskbridge-review task-id="T-1" api="${API}"></taskbridge-review></main></body></html>`;
/** Sizes and colours of a page that is nothing like the console. */
const STYLE = `html { font-size: 10px; } * { letter-spacing: 3px; } button, p, h2, section { color: red !important; text-transform: uppercase; }`;
const script = (tokens: readonly string[]) => `
window.before = new Set(Object.getOwnPropertyNames(window)); window.asked = []; window.tokens = ${JSON.stringify(tokens)};
document.addEventListener("DOMContentLoaded", () => {
  const review = document.querySelector("taskbridge-review");
  review.tokenProvider = async () => { window.asked.push(Date.now()); return window.tokens.shift() ?? "${idToken("u-1", "approver")}"; };
  review.addEventListener("evidence", (event) => { window.place = event.detail.source; });
});`;

const cors = (route: Route) => ({ "access-control-allow-origin": HOST, "access-control-allow-headers": "authorization, content-type, idempotency-key, last-event-id", vary: route.request().method() });

async function openHost(page: Page, answers: Answers, ...tokens: readonly string[]): Promise<void> {
  await serveApi(page, answers);
  // API Gateway answers so, before a function is asked, and after it has answered.
  await page.route("**/v1/**", async (route) => {
    if (route.request().method() === "OPTIONS") return route.fulfill({ status: 204, headers: cors(route) });
    return route.fallback();
  });
  const file = (contentType: string, body: string) => (route: Route) =>
    route.fulfill({ contentType, body, headers: { "content-security-policy": POLICY, "cross-origin-embedder-policy": "require-corp" } });
  await page.route(`${HOST}/`, file("text/html; charset=utf-8", PAGE));
  await page.route(`${HOST}/host.css`, file("text/css", STYLE));
  await page.route(`${HOST}/host.js`, file("text/javascript", script(tokens)));
  // With the headers that the function gives. Fetched here: Chromium lets no page that a test made reach this machine.
  await page.route(`${API}/console/review.js`, async (route) => route.fulfill({ response: await route.fetch() }));
  await page.goto(`${HOST}/`);
}

const told = (body: unknown) => (route: Route) => void route.fulfill({ json: body, headers: cors(route) });

test("the panel works in a page of others under a strict policy, looks as its own, and leaves nothing behind in it", async ({ page }) => {
  await openHost(page, { "GET /v1/ai/tasks/*": told(detail("T-1", result("done", "needs_human"))) });
  const panel = page.locator("taskbridge-review");
  await expect(panel.locator(".opinion-tag")).toContainText("需要您判断");
  await expect(panel.getByRole("link", { name: "去流程系统办理" })).toHaveCount(0);
  if (process.env["SHOTS"]) await page.screenshot({ path: `${process.env["SHOTS"]}/panel.png`, fullPage: true });

  const heading = panel.locator(".opinion__head h2");
  expect(await heading.evaluate((element) => getComputedStyle(element).fontSize)).toBe("15px");
  expect(await heading.evaluate((element) => getComputedStyle(element).textTransform + getComputedStyle(element).letterSpacing)).toBe("nonenormal");

  await panel.locator(".evidence__quote").first().click();
  await expect(panel.locator("mark")).toHaveText("共 3 天");
  expect(await page.evaluate(() => (window as unknown as { place: string }).place)).toBe("leave");
  const added = await page.evaluate(() => Object.getOwnPropertyNames(window).filter((name) => !(window as unknown as { before: Set<string> }).before.has(name)));
  expect(added.filter((name) => !["before", "asked", "tokens", "place"].includes(name))).toEqual([]);
  expect(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.adoptedStyleSheets.length])).toEqual([0, 0, 0]);
  expect(await page.title()).toBe("流程系统");
  expect(await barriersOf(page, "taskbridge-review")).toEqual([]);

  await panel.evaluate((element) => element.setAttribute("lang", "en"));
  await panel.evaluate((element) => element.setAttribute("theme", "dark"));
  await expect(panel.locator(".opinion-tag")).toContainText("Needs your judgement");
  await expect(panel.locator(".panel.dark")).toBeVisible();
});

test("a token that the API takes no longer is asked for anew, and words go on where they were", async ({ page }) => {
  const looks: string[] = [];
  const answers: Answers = {
    "GET /v1/ai/tasks/*": told(detail("T-1", result("running", null, { id: "a-stream" }))),
    "GET /v1/ai/analyses/*/stream": (route) => {
      const { authorization = "", "last-event-id": last = "" } = route.request().headers();
      if (last && authorization === "Bearer first") return void route.fulfill({ status: 401, headers: cors(route), json: { message: "Unauthorized" } });
      looks.push(`${authorization} ${last}`);
      const body = !last ? events(delta(1, "先看请假天数。")) : last.endsWith("-1") ? events(delta(2, "再看证明。")) : "retry: 400\n: nothing yet\n";
      return void route.fulfill({ contentType: "text/event-stream", body, headers: cors(route) });
    },
  };
  await openHost(page, answers, "first", "second");

  await expect(page.locator("taskbridge-review .opinion__text")).toHaveText("先看请假天数。再看证明。");
  await expect.poll(() => looks.slice(0, 3)).toEqual(["Bearer first ", "Bearer second 00000000-1", "Bearer second 00000000-2"]);
  expect(await page.evaluate(() => (window as unknown as { asked: number[] }).asked.length)).toBe(2);
});

test("without a token the panel says so, and goes on once the page gives one", async ({ page }) => {
  await openHost(page, { "GET /v1/ai/tasks/*": told(detail("T-1", null)), "GET /v1/ai/analyses/*/stream": (route) => stream(route, "") });
  await page.evaluate(() => {
    const review = document.querySelector("taskbridge-review") as HTMLElement & { tokenProvider: unknown };
    const provider = review.tokenProvider;
    review.remove();
    const another = Object.assign(document.createElement("taskbridge-review"), { tokenProvider: async () => "" });
    another.setAttribute("task-id", "T-1");
    another.setAttribute("api", review.getAttribute("api") ?? "");
    document.querySelector("main")?.append(another);
    Object.assign(window, { give: () => Object.assign(another, { tokenProvider: provider }) });
  });
  await expect(page.locator("taskbridge-review .state-panel")).toContainText("no_token");
  await page.evaluate(() => (window as unknown as { give: () => void }).give());
  await expect(page.locator("taskbridge-review .opinion-tag")).toContainText("尚未分析");
});
