import { describe } from "../rust.mjs";

export default (it) =>
  describe(it, "`aud` and `iss` in `Validation`; `refresh_interval` (ten minutes by default); `typ` is not checked");
