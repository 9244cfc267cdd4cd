import { computed, type MaybeRefOrGetter, toValue } from "vue";
import { api, ask, onceKey, type Shape } from "@/api/client";
import { useDoing, useLive, usePages } from "@/api/live";
import { SUMMARY } from "@/api/summary";
import { type Part, withSecrets } from "@/parts/schema/schema";

export type Platform = Shape["Platform"];
export type PlatformType = Shape["PlatformType"];
export type Tested = Shape["PlatformTest"];
export type Removal = Shape["Removal"];

export const PLATFORMS = ["platforms"] as const;
/** Whatever shows platforms elsewhere is looked at anew as well. */
const CHANGED = [PLATFORMS, SUMMARY] as const;

export function usePlatforms() {
  return usePages<Platform>({
    key: [...PLATFORMS, "list"],
    ask: (cursor) => ask(api.GET("/v1/platforms", { params: { query: { cursor, limit: 200 } } })),
    every: 15_000,
  });
}

/** The classes do not change while the console is open. */
export function usePlatformTypes() {
  return useLive({ key: ["platform-types"], ask: (signal) => ask(api.GET("/v1/platform-types", { signal })) });
}

export function readPlatform(id: string, signal?: AbortSignal): Promise<Platform> {
  return ask(api.GET("/v1/platforms/{id}", { params: { path: { id } }, ...(signal && { signal }) }));
}

export function usePlatform(id: MaybeRefOrGetter<string>) {
  return useLive({ key: computed(() => [...PLATFORMS, "one", toValue(id)]), ask: (signal) => readPlatform(toValue(id), signal) });
}

/** What is sent of a platform, with the secrets that were typed. */
export interface Entered {
  platform: Platform;
  typed: Readonly<Record<string, string>>;
}

export function useCreatePlatform() {
  return useDoing(
    ({ platform: { id, name, class_name, enabled, settings }, typed }: Entered) =>
      ask(
        api.POST("/v1/platforms", {
          body: { ...(id && { id }), name, class_name, enabled, settings: withSecrets(settings, typed) },
          params: { header: onceKey() },
        }),
      ),
    CHANGED,
  );
}

export function useChangePlatform() {
  return useDoing(
    ({ platform: { id, name, class_name, enabled, settings, version }, typed }: Entered) =>
      ask(
        api.PUT("/v1/platforms/{id}", {
          params: { path: { id } },
          body: { name, class_name, enabled, settings: withSecrets(settings, typed), version },
        }),
      ),
    CHANGED,
  );
}

/** `todoFor` is the account of a person who gets a trial todo; empty: none is tried. */
export function useConnectionTest() {
  return useDoing(
    ({ id, todoFor }: { id: string; todoFor: string }) =>
      ask(api.POST("/v1/platforms/{id}/test", { params: { path: { id } }, body: { todo_for: todoFor } })),
    [],
  );
}

export function useRemoval(id: string) {
  return useLive({
    key: [...PLATFORMS, "removal", id],
    ask: (signal) => ask(api.GET("/v1/platforms/{id}/removal", { params: { path: { id } }, signal })),
    every: 5_000,
  });
}

export function useRemovePlatform() {
  return useDoing(
    ({ id, version, drain }: { id: string; version: number; drain: boolean }) =>
      ask(api.DELETE("/v1/platforms/{id}", { params: { path: { id }, query: { version, drain } } })),
    CHANGED,
  );
}

/** A new platform of a class, before anything is entered. */
export function blankOf(type: PlatformType): Platform {
  const { name: class_name, category } = type;
  return { id: "", name: "", class_name, category, enabled: true, draining: false, settings: {}, version: 0, unreadable: "" };
}

export function schemaOf(type: PlatformType | undefined): Part {
  return (type?.settings ?? {}) as Part;
}

export type State = "on" | "off" | "draining" | "unreadable";

export function stateOf(platform: Platform): State {
  if (platform.unreadable) return "unreadable";
  if (platform.draining) return "draining";
  return platform.enabled ? "on" : "off";
}

/** What deleting it comes to now. */
export type Way = "named" | "waits" | "waits_disabled" | "drains" | "free";

export function wayOf(removal: Removal): Way {
  if (removal.rules.length || removal.in_ai_settings) return "named";
  if (!removal.waiting.parked && !removal.waiting.queued) return "free";
  if (removal.draining) return "drains";
  return removal.enabled ? "waits" : "waits_disabled";
}

