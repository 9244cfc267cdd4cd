import { reactive, watch } from "vue";
import type { Draft } from "@/editing/draft";
import { TYPED } from "@/parts/schema/schema";
import type { Platform } from "./platforms";

/** What was typed of secrets. It stands apart from the draft, which is shown, and is forgotten once it is saved. */
export function useTyped(draft: () => Draft<Platform>) {
  const typed = reactive<Record<string, string>>({});
  watch(
    () => JSON.stringify(draft().mine.value?.settings ?? {}),
    () => {
      const settings = draft().mine.value?.settings ?? {};
      for (const name of Object.keys(typed)) if (settings[name] !== TYPED) delete typed[name];
    },
    { flush: "post" },
  );
  return { typed, type: (name: string, secret: string) => void (typed[name] = secret) };
}
