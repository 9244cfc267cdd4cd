import { User, type UserManager } from "oidc-client-ts";
import { reactive, readonly } from "vue";
import { type Config, config } from "@/settings/config";
import { checkFit, claimsOf, type Person, personOf } from "./claims";
import { createProvider, signOutAddress } from "./provider";

type State = "unknown" | "signed-in" | "ended" | "signed-out";

/** What one tab tells the others. A session that one of them renewed is taken over by those whose own has ended. */
type Message = { kind: "signed-out" } | { kind: "signed-in"; user: string };

interface Wanted {
  path: string;
  /** A window that was opened only to sign in again: it closes itself. */
  closes: boolean;
}

const NOBODY: Person = { uid: "", name: "", roles: new Set() };
const LEFT_S = 5;

/** Who is signed in, and the token that says so to the API. The token stays in this module and the tab's storage. */
class Session {
  readonly now = reactive<{ state: State; person: Person }>({ state: "unknown", person: NOBODY });
  private provider!: UserManager;
  private channel = new BroadcastChannel("taskbridge.session");
  private renewing: Promise<User | null> | undefined;

  /** Find out whether this tab has a session. */
  async start(settings: Config): Promise<void> {
    this.provider = createProvider(settings);
    this.provider.events.addUserLoaded((user) => this.take(user));
    this.provider.events.addAccessTokenExpired(() => this.end());
    this.channel.onmessage = ({ data }) => void this.hear(data as Message);
    const user = await this.provider.getUser();
    if (user && !user.expired) this.take(user);
    else if (user?.refresh_token && (await this.renew())) return;
    else this.now.state = "signed-out";
  }

  /** The ID token: only it has the uid. Throws where there is none, and the page says so. */
  async token(): Promise<string> {
    let user = await this.provider.getUser();
    if (user && (user.expires_in ?? 0) < LEFT_S) user = await this.renew();
    if (!user?.id_token) {
      this.end();
      throw new Error("signed out");
    }
    return user.id_token;
  }

  /** Go to the issuer and come back to `path`. The issuer may take the `hint` for the name of the person. */
  signIn(path: string, { closes = false, hint = "" } = {}): Promise<void> {
    return this.provider.signinRedirect({ state: { path, closes } satisfies Wanted, login_hint: hint || undefined });
  }

  /** Come back from the issuer. Says where to go on. Throws Misfit, and what the issuer says. */
  async comeBack(): Promise<Wanted> {
    const user = await this.provider.signinRedirectCallback();
    try {
      checkFit(claimsOf(user.id_token ?? ""), config());
    } catch (misfit) {
      await this.forget();
      throw misfit;
    }
    this.take(user);
    this.channel.postMessage({ kind: "signed-in", user: user.toStorageString() } satisfies Message);
    return (user.state as Wanted | undefined) ?? { path: "/", closes: false };
  }

  /** Out here, in every other tab, and at the issuer. */
  async signOut(): Promise<void> {
    const user = await this.provider.getUser();
    await this.forget();
    this.channel.postMessage({ kind: "signed-out" } satisfies Message);
    const address = signOutAddress(config());
    if (address) location.assign(address);
    else await this.provider.signoutRedirect({ id_token_hint: user?.id_token });
  }

  /** The token no longer holds: what stands on the page stays, and the person is asked to sign in again. */
  end(): void {
    if (this.now.state === "signed-in") this.now.state = "ended";
  }

  private async hear(message: Message): Promise<void> {
    if (message.kind === "signed-out") {
      await this.forget();
    } else if (this.now.state === "ended") {
      const user = User.fromStorageString(message.user);
      if (personOf(claimsOf(user.id_token ?? ""), config().groups_claim).uid !== this.now.person.uid) return;
      await this.provider.storeUser(user);
      this.take(user);
    }
  }

  private renew(): Promise<User | null> {
    this.renewing ??= this.provider
      .signinSilent()
      .catch(() => null)
      .finally(() => {
        this.renewing = undefined;
      });
    return this.renewing;
  }

  private take(user: User): void {
    this.now.person = personOf(claimsOf(user.id_token ?? ""), config().groups_claim);
    this.now.state = "signed-in";
  }

  private async forget(): Promise<void> {
    await this.provider.removeUser();
    this.now.state = "signed-out";
    this.now.person = NOBODY;
  }
}

export const session = new Session();
export const who = readonly(session.now);
