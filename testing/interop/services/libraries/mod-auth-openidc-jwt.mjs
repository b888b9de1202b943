import { describe } from "../apache.mjs";

const setting =
  "`OIDCOAuthVerifyJwksUri` (https alone), `Require claim iss:…` and `aud:…`; `typ` and `iat` are not checked";

export default (it) =>
  describe(it, setting, (origin) => `OIDCOAuthVerifyJwksUri ${origin}/.well-known/jwks.json`);
