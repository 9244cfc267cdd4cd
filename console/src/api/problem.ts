/** One field of a request that cannot be used. */
export interface FieldProblem {
  in: "body" | "query" | "path" | "header";
  field: string;
  /** In English. */
  problem: string;
  /** By which `flaws/` says it in both languages, and what stands in it. */
  kind?: string;
  values?: Readonly<Record<string, string>>;
}

/** What the API, or the gateway before it, answered instead of what was asked for. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    /** Stays the same from version to version; `network` and `gateway` are the console's own. */
    readonly code: string,
    readonly detail: string,
    readonly errors: readonly FieldProblem[] = [],
    /** Names this one occurrence in the logs. */
    readonly instance = "",
    readonly retryAfterS: number | null = null,
  ) {
    super(`${code}: ${detail}`);
    this.name = "Problem";
  }

  /** Whether asking again may help without anybody changing anything. */
  get passes(): boolean {
    return this.code === "network" || this.status >= 500 || this.status === 429;
  }
}

interface ProblemBody {
  code?: string;
  detail?: string;
  message?: string;
  errors?: FieldProblem[];
  instance?: string;
}

/** `body` is what came, parsed where it could be. */
export function problemOf(response: Response, body: unknown): Problem {
  const told = (typeof body === "object" && body !== null ? body : {}) as ProblemBody;
  const wait = Number(response.headers.get("retry-after") ?? "");
  return new Problem(
    response.status,
    told.code ?? "gateway",
    told.detail ?? told.message ?? response.statusText,
    told.errors ?? [],
    told.instance ?? "",
    Number.isFinite(wait) && wait > 0 ? wait : null,
  );
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, "network", error instanceof Error ? error.message : String(error));
}
