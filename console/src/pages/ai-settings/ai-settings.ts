import { computed } from "vue";
import { api, ask, type Shape } from "@/api/client";
import { useLive } from "@/api/live";

export type AiSettings = Shape["AiSettings"];
export type ModelChoice = Shape["ModelChoice"];

export const SETTINGS = ["ai-settings"] as const;
export const SECOND_LOOKS = ["always", "approves", "never"] as const;
export const CAPS = ["daily_person", "daily_node", "daily_total", "daily_cost", "nightly_flips"] as const;
export const MOST_FALLBACKS = 5;

export const readSettings = (signal?: AbortSignal) => ask<AiSettings>(api.GET("/v1/ai/settings", { signal }));
export const putSettings = (settings: AiSettings) => ask<AiSettings>(api.PUT("/v1/ai/settings", { body: settings }));

export function useSettings() {
  return useLive<AiSettings>({ key: SETTINGS, ask: readSettings, every: 3_000 });
}

/** Platforms that answer questions, by id and name. */
export function useAiPlatforms() {
  const found = useLive({
    key: ["platforms", "ai"],
    ask: (signal) => ask(api.GET("/v1/platforms", { params: { query: { limit: 200 } }, signal })),
  });
  return computed(() => (found.data.value?.items ?? []).filter((each) => each.category === "ai"));
}

/** Who is asked, in order: the first platform and those that step in. */
export function chainOf(settings: AiSettings): ModelChoice[] {
  const first = { platform_id: settings.platform_id, model: settings.model };
  return settings.platform_id || settings.fallbacks.length ? [first, ...settings.fallbacks] : [];
}

export function withChain(settings: AiSettings, [first, ...fallbacks]: readonly ModelChoice[]): AiSettings {
  return { ...settings, platform_id: first?.platform_id ?? "", model: first?.model ?? "", fallbacks };
}

export type Effect = "turns_on" | "turns_off" | "shows_all" | "no_cap" | "all_apps";

/** What saving means beyond the fields themselves. */
export function effectsOf(before: AiSettings, after: AiSettings): Effect[] {
  const isUnbound = (settings: AiSettings) => !settings.daily_total && !settings.daily_cost;
  const found: [Effect, boolean][] = [
    ["turns_on", !before.examine_enable && after.examine_enable],
    ["turns_off", before.examine_enable && !after.examine_enable],
    ["all_apps", !before.examine_default_all_apps && after.examine_default_all_apps],
    ["shows_all", before.masking && !after.masking],
    ["no_cap", isUnbound(after) && !isUnbound(before)],
  ];
  return found.filter(([, holds]) => holds).map(([effect]) => effect);
}
