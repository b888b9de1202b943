import * as client from "openid-client";

/** By `authentication`, which is `client_secret_post` if it is not named. */
const discovered = (it, authentication) =>
  client.discovery(new URL(it.issuer), it.service.id, it.service.secret, authentication, {
    algorithm: "oauth2",
    execute: it.issuer.startsWith("http:") ? [client.allowInsecureRequests] : [],
  });

export default async function (it) {
  it.uses(["openid-client"], "`algorithm: \"oauth2\"` at discovery; `allowInsecureRequests` over http");
  const post = await discovered(it);
  const basic = await discovered(it, client.ClientSecretBasic(it.service.secret));
  for (const configuration of [post, basic]) {
    it.introspects((token) => client.tokenIntrospection(configuration, token));
    it.revokes((token) => client.tokenRevocation(configuration, token));
  }
  const secure = { execute: it.issuer.startsWith("http:") ? [client.allowInsecureRequests] : [] };
  it.cannot("discovery as OpenID Connect", () =>
    client.discovery(new URL(it.issuer), it.service.id, it.service.secret, undefined, secure),
  );
  it.cannot("verification of access tokens", () => {
    if (client.validateJwtAccessToken === undefined) throw new Error("no such function");
  });
}
