// The issuer of a campus, as Keycloak or CAS would be one: another origin, another claim with the groups.
// node tests/issuer/issuer.mjs ORIGIN    ORIGIN is that of the console. Prints its own address; ends with its input.
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import Provider from "oidc-provider";

const origin = process.argv[2];
const GROUPS = { ops: ["taskbridge-users", "ops"], li: ["approver"] };
const SCOPES = "openid";
// The console renews a minute before the end: so short a life, and it does at once.
const ACCESS_S = 61;

const settings = {
  clients: [
    {
      client_id: "campus-console",
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      redirect_uris: [`${origin}/console/signed-in`],
      post_logout_redirect_uris: [`${origin}/console/signed-out`],
    },
  ],
  claims: { openid: ["sub", "name", "groups"] },
  conformIdTokenClaims: false,
  cookies: { keys: ["only-in-tests"] },
  clientBasedCORS: (_context, asking) => asking === origin,
  issueRefreshToken: () => true,
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, name: `${id} 老师`, groups: GROUPS[id] ?? [] }) }),
  loadExistingGrant: async (context) => {
    const { client, provider, session } = context.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(SCOPES);
    await grant.save();
    return grant;
  },
  interactions: { url: (_context, interaction) => `/people/${interaction.uid}` },
  ttl: { AccessToken: ACCESS_S, Grant: 3600, IdToken: 3600, Interaction: 600, RefreshToken: 3600, Session: 3600 },
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      logoutSource: (context, form) => {
        context.body = page(`${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`);
      },
    },
  },
};

function page(body) {
  return `<!doctype html><meta charset="utf-8"><title>Campus</title><main>${body}</main>`;
}

async function answer(request, response, provider) {
  if (!request.url.startsWith("/people/")) return provider.callback()(request, response);
  if (request.method === "POST") {
    const form = new URLSearchParams(await text(request));
    return provider.interactionFinished(request, response, { login: { accountId: form.get("name") } });
  }
  response.setHeader("content-type", "text/html");
  response.end(page('<form method="post"><label>Name <input name="name"></label><button>Continue</button></form>'));
}

const server = createServer((request, response) => void answer(request, response, provider));
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = `http://localhost:${server.address().port}`;
const provider = new Provider(address, settings);
console.log(address);
process.stdin.resume().on("end", () => process.exit());
