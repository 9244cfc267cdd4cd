import type { Page } from "@playwright/test";

export interface Look {
  readonly width: number;
  readonly height: number;
  readonly locale: string;
  readonly theme: string;
}

/** Both ends: what holds in these holds for both languages, both themes, and wide and narrow screens. */
export const LOOKS: readonly Look[] = [
  { width: 1920, height: 1080, locale: "zh", theme: "light" },
  { width: 320, height: 720, locale: "en", theme: "dark" },
];

/** Before the page is loaded: it is looked at like this. Gives what picks the words of its language. */
export async function wear(page: Page, look: Look): Promise<(zh: string, en: string) => string> {
  await page.setViewportSize({ width: look.width, height: look.height });
  await page.addInitScript(
    (chosen) => {
      localStorage.setItem("taskbridge.preferences", chosen);
    },
    JSON.stringify({ locale: look.locale, theme: look.theme, zone: "" }),
  );
  return (zh, en) => (look.locale === "zh" ? zh : en);
}
