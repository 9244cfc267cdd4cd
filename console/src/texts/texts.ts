import { watch } from "vue";
import { createI18n } from "vue-i18n";
import { preferences } from "@/settings/preferences";
import { written } from "@/time/numbers";

/** Both languages of a text stand side by side: [Chinese, English]. */
export type Pair = readonly [zh: string, en: string];
export type Pairs = Readonly<Record<string, Pair>>;

export interface Texts<P extends Pairs> {
  readonly scope: string;
  readonly pairs: P;
}

export type Say<P extends Pairs> = (key: keyof P & string, values?: Readonly<Record<string, unknown>>) => string;

export const i18n = createI18n({
  legacy: false,
  locale: preferences.locale,
  fallbackLocale: "zh",
  messages: { zh: {}, en: {} } as Record<string, Record<string, Record<string, string>>>,
});

/** The texts of a page or a part, beside it in `texts.ts`. `{name}` stands for a value; a number is written as its language does. */
export function defineTexts<const P extends Pairs>(scope: string, pairs: P): Texts<P> {
  for (const [index, locale] of (["zh", "en"] as const).entries()) {
    const texts = Object.fromEntries(Object.entries(pairs).map(([key, pair]) => [key, pair[index] as string]));
    i18n.global.mergeLocaleMessage(locale, { [scope]: texts });
  }
  return { scope, pairs };
}

/** Says a text in the language of now; in a template it follows the switch of languages. */
export function useTexts<P extends Pairs>(texts: Texts<P>): Say<P> {
  return (key, values = {}) => i18n.global.t(`${texts.scope}.${key}`, written(values));
}

/** Names beside each other, as the language of now joins them. */
export function joinNames(names: readonly string[]): string {
  return names.join(i18n.global.locale.value === "zh" ? "、" : ", ");
}

export function followLocale(): void {
  watch(
    () => preferences.locale,
    (locale) => {
      i18n.global.locale.value = locale;
      document.documentElement.lang = locale === "zh" ? "zh-CN" : "en";
    },
    { immediate: true },
  );
}
