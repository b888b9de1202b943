import { describe } from "../rust.mjs";

export default (it) =>
  describe(
    it,
    "`IdTokenVerifier` with `set_allowed_jose_types` (`at+jwt`), `set_allowed_algs`, " +
      "`set_other_audience_verifier_fn`; keys by code of yours",
  );
