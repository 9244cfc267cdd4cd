/** What the console is told before anybody is signed in: `GET /console/config.json`. */
export interface Config {
  issuer: string;
  /** Address of the sign-in pages of the stack's own user pool; empty where the issuer tells its addresses itself. */
  sign_in: string;
  client_id: string;
  scopes: string;
  groups_claim: string;
  time_zone: string;
  version: string;
}

let loaded: Config | undefined;

export async function loadConfig(): Promise<Config> {
  const answer = await fetch("/console/config.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  loaded = (await answer.json()) as Config;
  return loaded;
}

/** Only after `loadConfig`. */
export function config(): Config {
  if (!loaded) throw new Error("the configuration is not loaded yet");
  return loaded;
}
