import { UserManager, WebStorageStateStore, type UserManagerSettings } from "oidc-client-ts";
import type { Config } from "@/settings/config";

export const SIGNED_IN = "/console/signed-in";
export const SIGNED_OUT = "/console/signed-out";

/** The OpenID Connect client: authorization code with PKCE, renewed by the refresh token. */
export function createProvider(config: Config): UserManager {
  return new UserManager({
    authority: config.issuer,
    client_id: config.client_id,
    redirect_uri: location.origin + SIGNED_IN,
    post_logout_redirect_uri: location.origin + SIGNED_OUT,
    response_type: "code",
    scope: config.scopes,
    // Of this tab only, and gone with it.
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: true,
    accessTokenExpiringNotificationTimeInSeconds: 60,
    loadUserInfo: false,
    ...ownPool(config),
  });
}

/**
 * The pool of the stack tells addresses that hold for AWS only, and its end of a session takes parameters of its own:
 * see `signOutAddress`.
 */
function ownPool(config: Config): Partial<UserManagerSettings> {
  if (!config.sign_in) return {};
  return {
    metadata: {
      issuer: config.issuer,
      authorization_endpoint: `${config.sign_in}/oauth2/authorize`,
      token_endpoint: `${config.sign_in}/oauth2/token`,
    },
  };
}

/** Where the stack's own pool signs a person out; undefined for another issuer, which follows the standard. */
export function signOutAddress(config: Config): string | undefined {
  if (!config.sign_in) return undefined;
  const query = new URLSearchParams({ client_id: config.client_id, logout_uri: location.origin + SIGNED_OUT });
  return `${config.sign_in}/logout?${query}`;
}
