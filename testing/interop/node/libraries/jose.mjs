import { createRemoteJWKSet, jwtVerify } from "jose";

export default function (it) {
  it.uses(["jose"], "`issuer`, `audience`, `typ: \"at+jwt\"`, `algorithms`");
  it.verifies(() => {
    const keys = createRemoteJWKSet(new URL(`${it.issuer}/.well-known/jwks.json`));
    const rules = { issuer: it.issuer, typ: "at+jwt", algorithms: ["ES256"] };
    return async (token, audience) => (await jwtVerify(token, keys, { ...rules, audience })).payload;
  });
}
