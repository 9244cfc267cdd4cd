import { asProblem, problemOf } from "@/api/problem";
import type { Shape } from "@/api/ask";
import type { Door } from "./door";

/** One server-sent event: see docs/ai-stream.md. */
export interface StreamEvent {
  name: string;
  data: string;
  id: string;
}

export interface Heard {
  /** A piece of the prose; the one with number 1 begins it anew. */
  delta: (piece: { number: number; text: string }) => void;
  finding: (finding: Shape["Finding"]) => void;
}

const USUAL_RETRY_MS = 2_000;

/** The whole events of a response, and when to come again. */
export function parseEvents(text: string): { events: StreamEvent[]; retryMs: number } {
  let retryMs = USUAL_RETRY_MS;
  const events: StreamEvent[] = [];
  for (const block of text.split("\n\n")) {
    const event = { name: "", data: "", id: "" };
    for (const line of block.split("\n")) {
      const value = line.slice(line.indexOf(":") + 1).trim();
      if (line.startsWith("event:")) event.name = value;
      else if (line.startsWith("data:")) event.data = value;
      else if (line.startsWith("id:")) event.id = value;
      else if (line.startsWith("retry:")) retryMs = Number(value) || retryMs;
    }
    if (event.name) events.push(event);
  }
  return { events, retryMs };
}

/**
 * Watches an analysis to its end. Each response is read whole before anything of it is told, and the next one is asked
 * for behind the last event of it: what breaks in the middle is neither lost nor told twice. Throws Problem.
 */
export async function watchAnalysis(door: Door, id: string, heard: Heard, signal: AbortSignal): Promise<void> {
  let last = "";
  while (!signal.aborted) {
    await untilSeen(signal);
    const text = await look(door, id, last, signal);
    if (text === null) return;
    const { events, retryMs } = parseEvents(text);
    for (const event of events) {
      last = event.id || last;
      if (event.name === "delta") heard.delta(JSON.parse(event.data) as { number: number; text: string });
      else if (event.name === "finding") heard.finding(JSON.parse(event.data) as Shape["Finding"]);
      else return;
    }
    await pause(retryMs, signal);
  }
}

/** What has come since; null behind the end. What does not answer for now is asked again. */
async function look(door: Door, id: string, last: string, signal: AbortSignal): Promise<string | null> {
  const headers = last ? { "Last-Event-ID": last } : undefined;
  try {
    const address = new URL(`${door.base}/v1/ai/analyses/${encodeURIComponent(id)}/stream`, location.href);
    const response = await door.send(new Request(address, { headers, signal }));
    if (response.status === 204) return null;
    if (response.ok) return await response.text();
    throw problemOf(response, await response.json().catch(() => undefined));
  } catch (error) {
    if (signal.aborted) return null;
    if (!asProblem(error).passes) throw asProblem(error);
    return "";
  }
}

/** Nothing is asked in a tab that nobody looks at. */
function untilSeen(signal: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const seen = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", seen);
      resolve();
    };
    document.addEventListener("visibilitychange", seen);
    signal.addEventListener("abort", seen);
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
