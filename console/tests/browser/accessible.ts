import axe, { type AxeResults } from "axe-core";
import { expect, type Page } from "@playwright/test";

/** What shuts people out of a page, or of a part of it; empty where nothing does. */
export async function barriersOf(page: Page, within?: string): Promise<string[]> {
  // Once for a page: it is large, and a page is looked at many times.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const violations = await page.evaluate(async (part) => {
    const { axe: there } = window as unknown as { axe: typeof axe };
    return (await there.run(part ?? document, { resultTypes: ["violations"], iframes: false, preload: false })).violations;
  }, within);
  return violations.filter(isGrave).map((each) => `${each.id}: ${each.nodes.map((node) => node.html).slice(0, 3).join(" | ")}`);
}

/** What is open just now keeps nobody out, light or dark: for dialogs that only what a person does opens. */
export async function expectAccessible(page: Page, within: string): Promise<void> {
  for (const change of ["as it is", "in the other theme"]) {
    expect(await barriersOf(page, within), change).toEqual([]);
    await page.evaluate(() => document.documentElement.classList.toggle("dark"));
  }
}

function isGrave(violation: AxeResults["violations"][number]): boolean {
  return violation.impact === "serious" || violation.impact === "critical";
}
