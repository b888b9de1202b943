import jwt from "jsonwebtoken";
import jwks from "jwks-rsa";

export default function (it) {
  it.uses(["jwks-rsa", "jsonwebtoken"], "`algorithms: [\"ES256\"]`; `typ` is not checked");
  it.verifies(() => {
    const keys = jwks({ jwksUri: `${it.issuer}/.well-known/jwks.json` });
    return async (token, audience) => {
      const { kid } = jwt.decode(token, { complete: true }).header;
      const key = (await keys.getSigningKey(kid)).getPublicKey();
      return jwt.verify(token, key, { algorithms: ["ES256"], issuer: it.issuer, audience });
    };
  });
}
