import { describe } from "../apache.mjs";

const setting =
  "`OIDCOAuthIntrospectionEndpoint` (https alone), `OIDCOAuthClientID`, `…Secret`, `OIDCCacheEncrypt On`, " +
  "`OIDCOAuthTokenIntrospectionInterval 2`";

export default (it) =>
  describe(
    it,
    setting,
    // Without encryption the cache's key is the token itself, which is too long for it.
    (origin) => `
OIDCOAuthIntrospectionEndpoint ${origin}/api/auth/introspect
OIDCOAuthClientID ${it.service.id}
OIDCOAuthClientSecret ${it.service.secret}
OIDCCacheEncrypt On
OIDCOAuthTokenIntrospectionInterval 2`,
    { clock: false },
  );
