import { reactive } from "vue";
import type { Preferences } from "@/settings/preferences";

/** In the place of `@/settings/preferences` in the panel: what its element says, and nothing is kept. */
export const preferences = reactive<Preferences>({ locale: "zh", theme: "auto", zone: "" });
