import { computed, type Ref } from "vue";
import { api, ask, type Shape } from "@/api/client";
import { useLive } from "@/api/live";
import type { Attempt } from "./push-logs";

export type InstanceState = Shape["InstanceState"];
export type ItemState = Shape["ItemState"];

/** The instance that a log belongs to, on its task center. */
export function useInstance(logId: Ref<string>) {
  return useLive<InstanceState>({
    key: computed(() => ["push-log", logId.value, "instance"]),
    ask: (signal) => ask(api.GET("/v1/push-logs/{id}/instance", { params: { path: { id: logId.value } }, signal })),
    every: 10_000,
  });
}

/** A request that can be compared: of which call, and its body. */
export interface Sent {
  key: string;
  at: string | null;
  name: string;
  body: string;
}

/** The requests of a log, in order of time, and before them those that the task center acknowledged of other events. */
export function sentOf(attempts: readonly Attempt[], state: InstanceState | undefined): Sent[] {
  const own = attempts.filter((each) => each.request).map((each) => ({ key: each.at, at: each.at, name: each.operation, body: each.request }));
  const took = (state?.items ?? []).flatMap(({ task_id, acknowledged }) => {
    if (!acknowledged?.request || own.some((each) => each.body === acknowledged.request)) return [];
    const { log_id, at, event_id, request } = acknowledged;
    return [{ key: `${log_id}/${task_id ?? ""}`, at, name: event_id, body: request }];
  });
  return [...took, ...own].sort((one, other) => (one.at ?? "").localeCompare(other.at ?? ""));
}

/** A body as fields: JSON or a form; what is neither, or was cut, is one text. */
export function fieldsOf(body: string): object {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null) return parsed;
  } catch {
    if (/^[\w.[\]%-]+=/.test(body)) return Object.fromEntries(new URLSearchParams(body));
  }
  return { "": body };
}
