import { expect, type Page } from "@playwright/test";

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

/** On the page as it stands, with all that is open on it: by the buttons of its head, which a dialog above them may cover. */
export async function switchLook(page: Page, from: Look, to: Look): Promise<void> {
  await page.setViewportSize({ width: to.width, height: to.height });
  await page.evaluate(
    ({ isLanguage, themes }) => {
      const language = document.querySelector<HTMLElement>(".language");
      if (isLanguage) language?.click();
      for (let press = 0; press < themes; press++) (language?.nextElementSibling as HTMLElement | null)?.click();
    },
    // The themes follow one another: that of the system, light, dark.
    { isLanguage: from.locale !== to.locale, themes: from.theme === to.theme ? 0 : to.theme === "dark" ? 1 : 2 },
  );
  const root = page.locator("html");
  await expect(root).toHaveAttribute("lang", to.locale === "zh" ? "zh-CN" : "en");
  await expect(root).toHaveClass(to.theme === "dark" ? /^dark$/ : /^$/);
}
