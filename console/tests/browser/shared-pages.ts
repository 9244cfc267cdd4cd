import { expect, type Browser, type Page } from "@playwright/test";
import { serveApi, watch } from "./api";
import { NOW, PICTURES } from "./data";
import { type Look, switchLook, wear } from "./looks";
import { signIn } from "./people";
import type { Role } from "../../src/session/roles";

/** A page that is loaded, and what went wrong in it so far. */
interface Loaded {
  readonly page: Page;
  readonly wrong: readonly string[];
  /** What it looks like now. */
  look: Look;
}

/** Who is seen in the pictures. */
const NAMES: Readonly<Record<Role, string>> = { ops: "王运维", admin: "李管理", approver: "陈院长" };

/** Loading costs more than all that is looked at in a view. After a test that fails, Playwright begins with none. */
const loaded = new Map<Role, Promise<Loaded>>();

/** The page of a person of this role, who walks from view to view as the tests do; at first it looks like this. */
export function pageOf(browser: Browser, role: Role, look: Look): Promise<Loaded> {
  const known = loaded.get(role) ?? load(browser, role, look);
  loaded.set(role, known);
  return known;
}

/** Each look after another, beginning with that of now: a view is opened in the one and seen in all. */
export async function* seenIn(looks: readonly Look[], seen: Loaded): AsyncGenerator<Look> {
  for (const look of [seen.look, ...looks.filter((each) => each !== seen.look)]) {
    if (look !== seen.look) await switchLook(seen.page, seen.look, look);
    seen.look = look;
    yield look;
  }
}

/** Go to a view without loading the page anew; what the view before it showed is gone by then. `keys`, or a button with the words of `press` in either language, open what it shows. */
export async function walkTo(page: Page, path: string, shows: string, by: { keys?: string; types?: string; below?: string; press?: string } = {}): Promise<void> {
  await enter(page, "nowhere");
  await expect(page.locator(shows)).toHaveCount(0);
  await enter(page, path);
  if (by.keys) {
    await expect(page.locator("main .page")).toBeVisible();
    await page.keyboard.press(by.keys);
  }
  if (by.press) await page.getByRole("button", { name: new RegExp(`^(${by.press})`) }).first().click();
  if (by.below) await page.locator(by.below).first().scrollIntoViewIfNeeded();
  if (by.types) await page.locator("dialog[open] input").fill(by.types);
  await expect(page.locator(shows).first()).toBeVisible();
}

async function load(browser: Browser, role: Role, look: Look): Promise<Loaded> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const wrong = watch(page);
  if (PICTURES) await page.clock.setFixedTime(NOW);
  await serveApi(page);
  await signIn(page, PICTURES ? NAMES[role] : "ops", role);
  await wear(page, look);
  await page.goto("/console/nowhere");
  await expect(page.locator(".state-panel")).toBeVisible();
  return { page, wrong, look };
}

/** As the buttons of the browser do it. */
export async function enter(page: Page, path: string): Promise<void> {
  await page.evaluate((address) => {
    history.pushState(null, "", address);
    dispatchEvent(new PopStateEvent("popstate", { state: null }));
  }, `/console/${path}`);
}
