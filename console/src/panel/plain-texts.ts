import { preferences } from "@/settings/preferences";
import type { Pairs, Say, Texts } from "@/texts/texts";
import { written } from "@/time/numbers";

/** In the place of `@/texts/texts` in the panel: the same texts without vue-i18n, which is larger than the panel's own. */
export function defineTexts<const P extends Pairs>(scope: string, pairs: P): Texts<P> {
  return { scope, pairs };
}

export function useTexts<P extends Pairs>(texts: Texts<P>): Say<P> {
  return (key, values = {}) => {
    const text = texts.pairs[key]?.[preferences.locale === "zh" ? 0 : 1] ?? key;
    const said = written(values);
    return text.replace(/\{(\w+)\}/g, (_, name: string) => String(said[name] ?? ""));
  };
}
