import { reactive, watch } from "vue";

export type Locale = "zh" | "en";
export type Theme = "auto" | "light" | "dark";

export interface Preferences {
  locale: Locale;
  theme: Theme;
  /** An IANA name, or empty for that of the configuration. */
  zone: string;
}

const KEY = "taskbridge.preferences";
const DEFAULTS: Preferences = { locale: "zh", theme: "auto", zone: "" };

/** What this person chose on this machine. Nothing of it is secret. */
export const preferences = reactive<Preferences>({ ...DEFAULTS, ...read() });

watch(preferences, (chosen) => localStorage.setItem(KEY, JSON.stringify(chosen)));

const darkSystem = window.matchMedia("(prefers-color-scheme: dark)");

/** Keep the page in the chosen theme, also while the system changes its own. */
export function followTheme(): void {
  const apply = () => {
    const dark = preferences.theme === "dark" || (preferences.theme === "auto" && darkSystem.matches);
    document.documentElement.classList.toggle("dark", dark);
  };
  darkSystem.addEventListener("change", apply);
  watch(() => preferences.theme, apply, { immediate: true });
}

export function isDark(): boolean {
  return document.documentElement.classList.contains("dark");
}

function read(): Partial<Preferences> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
  } catch {
    return {};
  }
}
