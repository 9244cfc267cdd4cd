import { reactive } from "vue";
import { asProblem } from "@/api/problem";
import { type FieldNames, sayProblem } from "@/flaws/flaws";

export interface Notice {
  id: number;
  tone: "good" | "bad";
  text: string;
}

const KEPT_MS = 6_000;
let last = 0;

/** What was done a moment ago, for those who did it. Shown and read aloud by the frame. */
export const notices = reactive<Notice[]>([]);

function add(tone: Notice["tone"], text: string): undefined {
  const notice = { id: (last += 1), tone, text };
  notices.push(notice);
  if (tone === "good") setTimeout(() => dismiss(notice.id), KEPT_MS);
}

export function dismiss(id: number): void {
  const index = notices.findIndex((notice) => notice.id === id);
  if (index >= 0) notices.splice(index, 1);
}

export const tell = {
  good: (text: string): undefined => add("good", text),
  /** What went wrong stays until somebody closes it; fields by the `names` of the form that was sent. */
  problem: (error: unknown, names?: FieldNames): undefined => add("bad", sayProblem(asProblem(error), names)),
};
