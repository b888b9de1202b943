import * as oauth from "oauth4webapi";

export default async function (it) {
  it.uses(["oauth4webapi"], "`algorithm: \"oauth2\"` at discovery; `allowInsecureRequests` over http");
  const options = { [oauth.allowInsecureRequests]: it.issuer.startsWith("http:") };
  const issuer = new URL(it.issuer);
  const discovery = { ...options, algorithm: "oauth2" };
  const server = async () =>
    oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, discovery));
  // Caches of keys belong to the object of the server.
  const make = async () => {
    const own = await server();
    return (token, audience) => {
      const request = new Request("https://service.example/", { headers: { authorization: `Bearer ${token}` } });
      return oauth.validateJwtAccessToken(own, request, audience, options);
    };
  };
  // It looks for an unknown key once in a minute.
  it.verifies(make, { slow: true });
  const client = { client_id: it.service.id };
  const known = await server();
  for (const method of [oauth.ClientSecretBasic, oauth.ClientSecretPost]) {
    const authentication = method(it.service.secret);
    it.introspects(async (token) => {
      const answer = await oauth.introspectionRequest(known, client, authentication, token, options);
      return oauth.processIntrospectionResponse(known, client, answer);
    });
    it.revokes(async (token) => {
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(known, client, authentication, token, options),
      );
    });
  }
}
