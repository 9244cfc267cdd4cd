import { computed, onScopeDispose, reactive, type Ref, ref, shallowRef, watch } from "vue";
import { encodeId } from "@/address/ids";
import { ask, onceKey, type Shape } from "@/api/ask";
import { asProblem, type Problem } from "@/api/problem";
import type { OpenDoor } from "./door";
import { watchAnalysis } from "./stream";

export type TaskDetail = Shape["TaskDetail"];
export type Result = Shape["Result"];
export type Finding = Shape["Finding"];
export type Tag = Shape["FeedbackWanted"]["tag"];

export const TAGS = ["useful", "wrong_verdict", "missed_point", "wrong_evidence", "other"] as const satisfies readonly Tag[];
const SOON_MS = 3_000;
const SETTLED_MS = 10_000;

/** What is heard of an analysis before it has ended. */
export interface Live {
  text: string;
  findings: Finding[];
  problem: Problem | null;
}

export const isUnderWay = (result: Pick<Result, "status"> | null | undefined) =>
  result?.status === "pending" || result?.status === "running";

/** An id as a path of the API takes it, which lists give, or as the process system says it. */
export const pathOf = (id: string) => (id.startsWith("~") ? id : encodeId(id));

/** One task: looked at again and again, and its analysis watched word by word while somebody writes it. */
export function useReview(door: OpenDoor, taskId: Ref<string>) {
  const data = shallowRef<TaskDetail>();
  const error = shallowRef<Problem | null>(null);
  const dataUpdatedAt = ref(0);
  const isFetching = ref(false);
  const live = reactive<Live>({ text: "", findings: [], problem: null });
  const result = computed(() => data.value?.results[0] ?? null);
  let watched = "";
  let watching = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function refetch(): Promise<void> {
    const asked = taskId.value;
    clearTimeout(timer);
    isFetching.value = true;
    try {
      const task = await ask(door.api.GET("/v1/ai/tasks/{task_id}", { params: { path: { task_id: pathOf(asked) } } }));
      if (asked !== taskId.value) return;
      data.value = task;
      error.value = null;
      dataUpdatedAt.value = Date.now();
      if (result.value && isUnderWay(result.value)) void follow(result.value.id);
    } catch (problem) {
      if (asked === taskId.value) error.value = asProblem(problem);
    } finally {
      isFetching.value = false;
      lookAgain();
    }
  }

  function lookAgain(): void {
    clearTimeout(timer);
    // While somebody writes, the stream tells what is new.
    timer = setTimeout(() => (document.hidden ? lookAgain() : void refetch()), result.value ? SETTLED_MS : SOON_MS);
  }

  /** Watch an analysis from its first word on: what is shown of it begins anew with it. */
  async function follow(id: string): Promise<void> {
    if (id === watched) return;
    stop();
    watched = id;
    const { signal } = watching;
    try {
      await watchAnalysis(door, id, { delta, finding: (each) => live.findings.push(each) }, signal);
    } catch (problem) {
      live.problem = asProblem(problem);
    }
    if (!signal.aborted) await refetch();
  }

  function delta({ number, text }: { number: number; text: string }): void {
    if (number === 1) live.findings = [];
    live.text = number === 1 ? text : live.text + text;
  }

  function stop(): void {
    watching.abort();
    watching = new AbortController();
    watched = "";
    Object.assign(live, { text: "", findings: [], problem: null });
  }

  /** Ask for an analysis; `force`: a new answer also where there is one. Throws Problem. */
  async function analyse(force: boolean): Promise<void> {
    const params = { path: { task_id: pathOf(taskId.value) }, header: onceKey() };
    await ask(door.api.POST("/v1/ai/tasks/{task_id}/analyses", { params, body: { force } }));
    stop();
    await refetch();
  }

  /** Say what one thinks of the result, in place of what was said before. Throws Problem. */
  async function say(tag: Tag, comment: string): Promise<void> {
    if (!result.value) return;
    const params = { path: { id: result.value.id }, header: onceKey() };
    await ask(door.api.POST("/v1/ai/analyses/{id}/feedback", { params, body: { tag, comment } }));
    await refetch();
  }

  const onSeen = () => document.hidden || void refetch();
  document.addEventListener("visibilitychange", onSeen);
  onScopeDispose(() => {
    document.removeEventListener("visibilitychange", onSeen);
    clearTimeout(timer);
    watching.abort();
  });
  watch(
    taskId,
    () => {
      stop();
      data.value = undefined;
      error.value = null;
      void refetch();
    },
    { immediate: true },
  );
  return { data, error, dataUpdatedAt, isFetching, live, result, refetch, analyse, say };
}

export type Review = ReturnType<typeof useReview>;
