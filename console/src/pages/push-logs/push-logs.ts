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
  errcode: string;
  /** A reason as the causes tell it. */
  cause: string;
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
    errcode: wanted.errcode || undefined,
    cause: wanted.cause || undefined,
    from: wanted.from || undefined,
    to: wanted.to || undefined,
  };
}

export function askLogs(wanted: Wanted, cursor: string | undefined, limit: number) {
  return ask(api.GET("/v1/push-logs", { params: { query: { ...queryOf(wanted), cursor, limit } } }));
}

export function usePushLogs(wanted: Ref<Wanted>) {
  return usePages<PushLog>({
    key: computed(() => [...LOGS, wanted.value]),
    ask: (cursor) => askLogs(wanted.value, cursor, PAGE),
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

const MASK = "********";

/** The same call for a terminal, where HOST is set. What the log masks stays masked, and so is the header it never had. */
export function asCurl(attempt: Attempt): string {
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const parts = ["curl", "-X", attempt.method || "POST", `"$HOST"${quoted(attempt.path)}`];
  parts.push("-H", quoted(`${attempt.operation === "token" ? "appSecret" : "accessToken"}: ${MASK}`));
  const type = attempt.request.startsWith("{") ? "application/json" : "application/x-www-form-urlencoded";
  if (attempt.request) parts.push("-H", quoted(`Content-Type: ${type}`), "--data", quoted(attempt.request));
  return parts.join(" ");
}
