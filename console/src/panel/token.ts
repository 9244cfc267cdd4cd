import { Problem } from "@/api/problem";
import { claimsOf } from "@/session/claims";

/** What the page around the panel gives: the person's ID token, a fresh one each time that it is asked. */
export type TokenProvider = () => string | Promise<string>;

const LEFT_S = 10;

/**
 * Sends requests with a token of the page around. It is asked for one before the first request, before the one that it
 * gave ends, and once where the API takes that one no longer; it is kept here, and nowhere else.
 */
export class Signer {
  private token: Promise<string> | undefined;
  private endsAt = 0;

  constructor(private readonly provider: () => TokenProvider | undefined) {}

  readonly send = async (request: Request): Promise<Response> => {
    const again = request.clone();
    const response = await this.sendOnce(request);
    if (response.status !== 401) return response;
    this.token = undefined;
    return this.sendOnce(again);
  };

  private async sendOnce(request: Request): Promise<Response> {
    request.headers.set("Authorization", `Bearer ${await this.current()}`);
    return fetch(request);
  }

  private current(): Promise<string> {
    if (!this.token || Date.now() / 1000 > this.endsAt - LEFT_S) {
      this.endsAt = Infinity;
      this.token = this.ask();
    }
    return this.token;
  }

  private async ask(): Promise<string> {
    try {
      const token = await this.provider()?.();
      if (typeof token !== "string" || !token) throw new Error("tokenProvider gave no token");
      this.endsAt = endOf(token);
      return token;
    } catch (error) {
      this.token = undefined;
      throw new Problem(401, "no_token", error instanceof Error ? error.message : String(error));
    }
  }
}

/** When a token ends, in epoch seconds; one that cannot be read is used until it is refused. */
function endOf(token: string): number {
  try {
    return Number(claimsOf(token)["exp"]) || Infinity;
  } catch {
    return Infinity;
  }
}
