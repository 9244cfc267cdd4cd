import { computed, type ComputedRef } from "vue";
import { useTexts } from "@/texts/texts";
import texts from "./texts";

/** What the fields of a rule are called where two of them stand side by side. */
export function useFieldNames(): ComputedRef<Record<string, string>> {
  const say = useTexts(texts);
  return computed(() => ({
    rule: say("rule"),
    keynote: say("keynote"),
    file_key: say("files"),
    checks: say("checks"),
    status: say("status"),
    auto_analysis: say("auto"),
    document: say("document"),
  }));
}
