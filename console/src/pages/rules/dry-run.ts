import { nodeOf } from "@/address/ids";
import { api, ask, onceKey } from "@/api/client";
import { useDoing } from "@/api/live";

export interface Tried {
  rule: string;
  keynote: string;
  file_key: string[];
  of: "me" | "everyone";
  limit: number;
  /** Only say what it is thought to take. */
  estimate_only: boolean;
}

export function useDryRun(path: string) {
  return useDoing(
    (tried: Tried) =>
      ask(
        api.POST("/v1/ai/rules/{app_id}/{node_id}/dry-run", {
          params: { path: nodeOf(path), header: onceKey() },
          body: { ...tried, wait: false },
        }),
      ),
    [],
  );
}
