import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** What shuts people out of a page, or of a part of it; empty where nothing does. */
export async function barriersOf(page: Page, within?: string): Promise<string[]> {
  const builder = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ["violations"] });
  const found = await (within ? builder.include(within) : builder).analyze();
  const grave = found.violations.filter((each) => each.impact === "serious" || each.impact === "critical");
  return grave.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).slice(0, 3).join(" | ")}`);
}

/** What is open just now keeps nobody out, light or dark: for dialogs that only what a person does opens. */
export async function expectAccessible(page: Page, within: string): Promise<void> {
  for (const change of ["as it is", "in the other theme"]) {
    expect(await barriersOf(page, within), change).toEqual([]);
    await page.evaluate(() => document.documentElement.classList.toggle("dark"));
  }
}
