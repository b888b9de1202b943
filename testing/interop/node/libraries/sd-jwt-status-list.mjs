import { createRemoteJWKSet, jwtVerify } from "jose";
import { getListFromStatusListJWT } from "@sd-jwt/jwt-status-list";

export default function (it) {
  it.uses(["@sd-jwt/jwt-status-list"], "verify the list's token first (jose, `typ: \"statuslist+jwt\"`, `subject`)");
  const keys = createRemoteJWKSet(new URL(`${it.issuer}/.well-known/jwks.json`));
  it.readsStatus(async (uri, idx) => {
    const list = await (await fetch(uri)).text();
    await jwtVerify(list, keys, { typ: "statuslist+jwt", subject: uri, algorithms: ["ES256"] });
    return getListFromStatusListJWT(list).getStatus(idx);
  });
}
