import { computed } from "vue";
import { useTexts } from "@/texts/texts";
import texts from "./texts";

const FIELDS = [
  "examine_enable",
  "examine_default_all_apps",
  "default_app_ids",
  "platform_id",
  "model",
  "fallbacks",
  "second_look",
  "masking",
  "mask_names",
  "attachment_hosts",
  "retention_days",
  "daily_person",
  "daily_node",
  "daily_total",
  "daily_cost",
  "nightly_flips",
] as const;

/** What the settings are called. */
export function useNames() {
  const say = useTexts(texts);
  return computed(() => Object.fromEntries(FIELDS.map((field) => [field, say(field)])));
}
