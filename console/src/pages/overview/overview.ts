import { api, ask, onceKey, type Shape } from "@/api/client";
import { useDoing } from "@/api/live";
import { SUMMARY, type Summary } from "@/api/summary";
import { sayReason } from "@/reasons/reasons";
import { duration, number } from "@/time/numbers";

export type Counts = Shape["StatusCounts"];
export type Queue = Shape["Queue"];
export type PlatformState = Shape["PlatformSummary"];
export type AiPlatformState = Shape["AiPlatformState"];

export function useRedrive() {
  return useDoing(
    (name: string) => ask(api.POST("/v1/ops/queues/{name}/redrive", { params: { path: { name }, header: onceKey() } })),
    [SUMMARY],
  );
}

export const STATUSES = ["succeeded", "failed", "retrying", "superseded", "skipped"] as const;
export type Status = (typeof STATUSES)[number];

export function total(counts: Counts): number {
  return STATUSES.reduce((sum, status) => sum + counts[status], 0);
}

export function queueOf(summary: Summary, name: string): Queue | undefined {
  return summary.queues.find((queue) => queue.name === name);
}

/** Messages that no worker has finished with. */
export function depth(queue: Queue | undefined): number {
  return queue ? queue.waiting + queue.in_flight + queue.delayed : 0;
}

export function oldest(queues: readonly (Queue | undefined)[]): number | null {
  const ages = queues.map((queue) => queue?.oldest_age_s ?? null).filter((age) => age !== null);
  return ages.length ? Math.max(...ages) : null;
}

/** As a person reads it: with a plus where there are at least so many. */
function counted({ count, is_exact }: Shape["RejectedCount"]): string {
  return `${number(count)}${is_exact ? "" : "+"}`;
}

export interface Need {
  kind: "dead" | "down" | "ai_down" | "ai_quota" | "failed" | "unreadable" | "rejected" | "gap" | "cap" | "old";
  values: Record<string, string | number>;
  queue?: string;
  platform?: string;
}

function aiNeed({ id, name, breaker }: AiPlatformState): Need {
  const values = { name: name || id, why: sayReason(breaker.reason) };
  return { kind: breaker.wants_money ? "ai_quota" : "ai_down", platform: id, values };
}

const LONG_S = 900; // longer than any message stays invisible

/** What a person has to look at, the most urgent first. */
export function needs(summary: Summary): Need[] {
  return [
    ...[...summary.platforms, ...summary.ai_platforms]
      .filter((each) => each.unreadable)
      .map((each): Need => ({ kind: "unreadable", platform: each.id, values: { name: each.name || each.id, why: each.unreadable } })),
    ...summary.platforms
      .filter((each) => each.breaker.state === "open")
      .map((each): Need => ({ kind: "down", platform: each.id, values: { name: each.name || each.id, why: sayReason(each.breaker.reason) } })),
    ...summary.ai_platforms.filter((each) => each.enabled && each.breaker.state === "open").map(aiNeed),
    ...summary.queues
      .filter((queue) => queue.is_dead_letters && queue.waiting > 0)
      .map((queue): Need => ({ kind: "dead", queue: queue.name, values: { n: queue.waiting, queue: queue.name } })),
    ...summary.queues
      .filter((queue) => !queue.is_dead_letters && (queue.oldest_age_s ?? 0) > LONG_S)
      .map((queue): Need => ({ kind: "old", values: { queue: queue.name, age: duration(queue.oldest_age_s ?? 0) } })),
    ...summary.platforms
      .filter((each) => each.last_day.failed > 0)
      .map((each): Need => ({ kind: "failed", platform: each.id, values: { name: each.name || each.id, n: each.last_day.failed } })),
    ...(summary.rejected_events.count ? [{ kind: "rejected" as const, values: { n: counted(summary.rejected_events) } }] : []),
    ...summary.rule_gaps.map((gap): Need => ({ kind: "gap", values: { gap } })),
    ...(summary.ai_questions.reached ? [{ kind: "cap" as const, values: { cap: summary.ai_questions.reached } }] : []),
  ];
}
