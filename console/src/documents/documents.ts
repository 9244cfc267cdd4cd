import { computed, ref } from "vue";
import { nodeOf } from "@/address/ids";
import { api, ask, onceKey, type Shape } from "@/api/client";
import { type Job, useJob } from "@/api/jobs";
import { asProblem, type Problem } from "@/api/problem";

export type FoundClause = Shape["FoundClause"];
export type ClauseChange = Shape["ClauseChange"];
export type Whose = "me" | "default";

export const MOST_MB = 3;
const PIECE = 0x8000;

/** The bytes of a file in base64. */
export async function base64Of(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}

/** A document that is read for the rule of a node: sent once, looked at until it was read. */
export function useReading(path: string, of: Whose) {
  const begun = ref<Job>();
  const looked = useJob(computed(() => begun.value?.id ?? ""));
  const job = computed(() => (looked.data.value?.id === begun.value?.id ? looked.data.value : begun.value));
  const problem = ref<Problem>();
  const isSending = ref(false);
  const isRunning = computed(() => isSending.value || job.value?.status === "running");
  async function send(file: File, is_new_version: boolean): Promise<void> {
    isSending.value = true;
    begun.value = problem.value = undefined;
    try {
      const body = { name: file.name, content: await base64Of(file), of, is_new_version, wait: false };
      const params = { path: nodeOf(path), header: onceKey() };
      begun.value = await ask<Job>(api.POST("/v1/ai/rules/{app_id}/{node_id}/documents", { params, body }));
    } catch (error) {
      problem.value = asProblem(error);
    } finally {
      isSending.value = false;
    }
  }
  return { job, problem, isRunning, send };
}

/** Whether a clause stands in the text of a rule, as a line of its own. */
export function stands(clause: string, rule: string): boolean {
  return rule.split("\n").some((line) => line.trim() === clause);
}

export function withClause(clause: string, rule: string): string {
  return rule.trim() ? `${rule.trimEnd()}\n${clause}` : clause;
}

export function withoutClause(clause: string, rule: string): string {
  return rule
    .split("\n")
    .filter((line) => line.trim() !== clause)
    .join("\n");
}
