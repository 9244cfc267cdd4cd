import { computed, type Ref } from "vue";
import { api, ask, onceKey, type Shape } from "@/api/client";
import { LOOKED_AT_MS, useDoing, useLive, usePages } from "@/api/live";

export type PushLog = Shape["PushLogRow"];
export type PushLogDetail = Shape["PushLogDetail"];
export type Attempt = PushLogDetail["attempts"][number];
export type Entry = PushLog["entries"][number];

export const LOGS = ["push-logs"] as const;
export const LOG_STATUSES = ["failed", "retrying", "succeeded", "superseded", "skipped"] as const;
export type LogStatus = (typeof LOG_STATUSES)[number];

/** What the address of the list says. */
export interface Wanted {
  status: string;
  platform: string;
  instance: string;
  task: string;
  from: string;
  to: string;
}

const PAGE = 100;

export function queryOf(wanted: Wanted) {
  return {
    status: (wanted.status || undefined) as LogStatus | undefined,
    platform_id: wanted.platform || undefined,
    sess_id: wanted.instance || undefined,
    task_id: wanted.task || undefined,
    from: wanted.from || undefined,
    to: wanted.to || undefined,
  };
}

export function usePushLogs(wanted: Ref<Wanted>) {
  return usePages<PushLog>({
    key: computed(() => [...LOGS, wanted.value]),
    ask: (cursor) => ask(api.GET("/v1/push-logs", { params: { query: { ...queryOf(wanted.value), cursor, limit: PAGE } } })),
    every: LOOKED_AT_MS,
  });
}

export function usePushLog(id: Ref<string>) {
  return useLive<PushLogDetail>({
    key: computed(() => ["push-log", id.value]),
    ask: (signal) => ask(api.GET("/v1/push-logs/{id}", { params: { path: { id: id.value } }, signal })),
    every: LOOKED_AT_MS,
  });
}

export function useReplayLog() {
  return useDoing(
    (id: string) => ask(api.POST("/v1/push-logs/{id}/replay", { params: { path: { id }, header: onceKey() } })),
    [LOGS, ["push-log"]],
  );
}

/** The entry that tells most: one of the log's own status, and of those one with a reason. */
export function tellingEntry(log: PushLog): Entry | undefined {
  const own = log.entries.filter((entry) => entry.status === log.status);
  return own.find((entry) => entry.reason) ?? own[0] ?? log.entries[0];
}

export function attemptsOf(log: PushLog): number {
  return log.entries.reduce((sum, entry) => sum + entry.attempts, 0);
}

/** The same call for a terminal. What the log masks stays masked. */
export function asCurl(attempt: Attempt, host: string): string {
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const parts = ["curl", "-X", attempt.method || "POST", quoted(`${host}${attempt.path}`)];
  if (attempt.request) parts.push("-H", quoted("Content-Type: application/json"), "--data", quoted(attempt.request));
  return parts.join(" ");
}
