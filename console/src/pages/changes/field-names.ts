import { computed } from "vue";
import { namesOf } from "@/parts/schema/schema";
import { preferences } from "@/settings/preferences";
import { type Pairs, type Texts, useTexts } from "@/texts/texts";
import aiSettings from "../ai-settings/texts";
import nodes from "../nodes/texts";
import { schemaOf, usePlatformTypes } from "../platforms/platforms";
import platforms from "../platforms/texts";
import rules from "../trigger-rules/texts";
import type { Change } from "./changes";

/** What their own pages call otherwise than by the name that the API has. */
const RENAMED: Readonly<Record<string, string>> = { status: "enabled", app_ids: "apps", class_name: "type" };
const PAGES: Readonly<Record<string, Texts<Pairs>>> = { "ai-settings": aiSettings, node: nodes, "own-rule": nodes, platform: platforms, "trigger-rule": rules };

/** What a field of a subject is called on its own page, settings of a platform by its class; others are called as the API calls them. */
export function useFieldNames(): (change: Change, field: string) => string {
  const types = usePlatformTypes();
  const locale = computed(() => (preferences.locale === "zh" ? "zh" : "en"));
  function settingOf(change: Change, field: string): string | undefined {
    const name = (change.after ?? change.before)?.["class_name"];
    return namesOf(schemaOf(types.data.value?.items.find((each) => each.name === name)), "settings", locale.value)[field];
  }
  return (change, field) => {
    const texts = PAGES[change.subject.split("/")[0] ?? ""];
    const key = texts === aiSettings ? field : (RENAMED[field] ?? field);
    const own = texts && Object.hasOwn(texts.pairs, key) ? useTexts(texts)(key) : field;
    return field.startsWith("settings.") ? (settingOf(change, field) ?? field) : own;
  };
}
