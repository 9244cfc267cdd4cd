import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import type { Role } from "../../src/session/roles";

type Words = readonly [zh: string, en: string];

interface ListedPage {
  readonly path: string;
  readonly title: Words;
  readonly roles: readonly Role[];
}

const SOURCE = join(import.meta.dirname, "../../src");
const read = (file: string) => readFileSync(join(SOURCE, file), "utf8");
const partOf = (file: string, name: string) => new RegExp(`^ +${name}: (.+),$`, "m").exec(read(file))?.[1] ?? "null";
/** Every page, by what it says of itself. */
export const PAGES = globSync("pages/*/*.page.ts", { cwd: SOURCE }).map(
  (file): ListedPage => ({
    path: JSON.parse(partOf(file, "path")) as string,
    title: JSON.parse(partOf(file, "title")) as Words,
    roles: JSON.parse(partOf(file, "roles")) as Role[],
  }),
);
const SCOPES = globSync("**/*.ts", { cwd: SOURCE }).flatMap((file) => /defineTexts\("([\w-]+)"/.exec(read(file))?.[1] ?? []);
/** What stands in the place of a text that is in neither language. */
const A_KEY = new RegExp(`(?<![\\w.])(${SCOPES.join("|")})\\.[a-z_]+(?![\\w.])`);
const LANGUAGES: Words = ["zh-CN", "en"];
const SWITCHES: Words = ["切换到中文", "Switch to English"];
const FORBIDDEN: Words = ["您的角色看不到此页", "Your role does not show this page"];

/** What the API refuses of what the pages ask. What it cannot answer just now is asked again. */
export function watchAnswers(page: Page, wrong: string[]): void {
  page.on("response", (answer) => {
    if (answer.url().includes("/v1/") && answer.status() >= 400 && answer.status() < 500) wrong.push(`${answer.status()}: ${answer.url()}`);
  });
}

const SCREENS = [{ width: 1280, height: 800 }, { width: 390, height: 844 }] as const;
const SCHEMES = ["light", "dark"] as const;

/** Wide, light and in Chinese (0), or narrow, dark and in English (1): the page as it stands, by its button and the system's theme. */
export async function look(page: Page, locale: 0 | 1): Promise<void> {
  await page.emulateMedia({ colorScheme: SCHEMES[locale] });
  // The button is where the screen is wide.
  if (locale === 0) await page.setViewportSize(SCREENS[0]);
  if ((await page.locator("html").getAttribute("lang")) !== LANGUAGES[locale]) await page.getByRole("button", { name: SWITCHES[locale] }).click();
  if (locale === 1) await page.setViewportSize(SCREENS[1]);
}

/** A page that was entered is whole as this role has it: it shows what it is about, or says that it is for others. */
export async function expectWhole(page: Page, { path, title, roles }: ListedPage, role: Role, locale: 0 | 1): Promise<void> {
  const main = page.locator("main");
  await expect(page).toHaveTitle(new RegExp(`^${title[locale]} · `));
  if (roles.includes(role)) {
    await expect(main.locator("h1")).toBeVisible();
    // However long a function takes to start: a page that never comes ends with its test.
    await expect(main.locator(".loading")).toHaveCount(0, { timeout: 0 });
    await expect(main, path).not.toContainText(FORBIDDEN[locale]);
  } else {
    await expect(main.locator(".state-panel"), path).toContainText(FORBIDDEN[locale]);
  }
  await expect(main.locator("[data-tone=bad].state-panel"), path).toHaveCount(0);
  const text = await page.evaluate(() => document.body.innerText);
  // Its own words are ids of routes, such as push_logs.list.
  if (path !== "api") expect.soft(A_KEY.exec(text)?.[0], path).toBeUndefined();
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  // What follows the width of the screen does so a frame later.
  await expect.poll(overflow, `${path} is no wider than the screen`).toBeLessThanOrEqual(0);
}
