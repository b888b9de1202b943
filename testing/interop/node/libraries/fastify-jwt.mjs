import fastifyJwt from "@fastify/jwt";
import fastify from "fastify";
import buildGetJwks from "get-jwks";

/** A server for one audience: `allowedAud` stands in its configuration. */
async function serve(it, audience) {
  const keys = buildGetJwks({ jwksPath: "/.well-known/jwks.json", issuersWhitelist: [`${it.issuer}/`, it.issuer] });
  const app = fastify();
  await app.register(fastifyJwt, {
    decode: { complete: true },
    secret: (_request, { header: { kid, alg } }) => keys.getPublicKey({ kid, alg, domain: it.issuer }),
    verify: { algorithms: ["ES256"], allowedIss: it.issuer, allowedAud: audience, checkTyp: "at+jwt" },
  });
  app.get("/", async (request) => await request.jwtVerify());
  return app;
}

export default function (it) {
  it.uses(
    ["@fastify/jwt", "get-jwks"],
    "`decode: { complete: true }`, `secret` by `kid` and the issuer of your own, `checkTyp`",
  );
  it.verifies(async () => {
    const apps = { [it.audience]: await serve(it, it.audience), [it.foreign]: await serve(it, it.foreign) };
    return async (token, audience) => {
      const answer = await apps[audience].inject({ url: "/", headers: { authorization: `Bearer ${token}` } });
      if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${answer.body}`);
      return answer.json();
    };
  });
}
