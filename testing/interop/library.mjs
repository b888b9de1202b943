// What must follow for every library of npm, and for every service behind HTTP. Its file says what it does, in its
// own terms.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const LIMIT_MILLISECONDS = 90_000;
const UNKNOWN_KEY_SECONDS = 75;
const REVOKED_SECONDS = 6;
export const SET_UP = "is set up";
const LATE = [0, 2, 5, 10, 30, 60, 120, 300];
/** Seconds of an outage, and what it means to be refused there and not before. */
export const OUTAGE = { 0: "at once", 60: "within a minute", 290: "1 to 5 min", 590: "5 to 10 min", 660: "10 to 11 min" };
const BEHIND = [1, 2, 5, 10, 30, 60, 120, 300, 600];
const TRUE_DATE = Date;
const TRUE_NOW = performance.now.bind(performance);
export const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const now = () => Math.floor(TRUE_DATE.now() / 1000);
const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

/** Runs `work` with clocks that are `seconds` ahead; caches go by the second one. */
async function ahead(seconds, work) {
  performance.now = () => TRUE_NOW() + seconds * 1000;
  globalThis.Date = class extends TRUE_DATE {
    constructor(...parts) {
      super(...(parts.length > 0 ? parts : [TRUE_DATE.now() + seconds * 1000]));
    }
    static now() {
      return TRUE_DATE.now() + seconds * 1000;
    }
  };
  try {
    return await work();
  } finally {
    globalThis.Date = TRUE_DATE;
    performance.now = TRUE_NOW;
  }
}

export const accepts = async (work) => {
  try {
    await work();
    return true;
  } catch {
    return false;
  }
};

export class Library {
  constructor(name, context) {
    Object.assign(this, context);
    this.name = name;
    this.stages = { fresh: [], rotated: [], unknown: [], down: [] };
  }

  fact(fact, value) {
    say({ library: this.name, fact, value: String(value) });
  }

  failed(check, error) {
    say({ library: this.name, check, outcome: "failed", detail: `${error} ${error.cause ?? ""}` });
  }

  async check(check, work, outcome = "passed") {
    let timer;
    const limit = new Promise((_, fail) => {
      timer = setTimeout(() => fail(new Error("takes too long")), LIMIT_MILLISECONDS);
    });
    try {
      await Promise.race([work(), limit]);
      if (check !== SET_UP) say({ library: this.name, check, outcome });
    } catch (error) {
      this.failed(check, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The package whose version stands in the table, and the setting without which it does not work. */
  uses(packages, setting = "none") {
    const version = (name) =>
      JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
    this.fact("version", packages.map(version).join(", "));
    this.fact("setting", setting);
  }

  /** Something that the library cannot do: `work` throws, and the row fails on the day when it does not. */
  cannot(what, work) {
    const refused = async () => {
      if (await accepts(work)) throw new Error("it can now: make a check of it");
    };
    this.stages.fresh.push(() => this.check(what, refused, "cannot"));
  }

  /** Does `work` while the clocks of `verify` are `seconds` ahead. */
  at(_verify, seconds, work) {
    return ahead(seconds, work);
  }

  /**
   * `make` gives a verifier with caches of its own: `(token, audience) => claims`, which throws. One that is `slow` to
   * find an unknown key is not waited for in a short run. Where each call asks Baton, the `clock` that counts is not the
   * library's.
   */
  verifies(make, { slow = false, clock = true } = {}) {
    let verify;
    let recent;
    this.stages.fresh.push(async (token) => {
      verify = await make();
      await this.check("verifies a fresh token", () => this.accepted(verify, token));
      await this.check("refuses another audience", () => this.refused(() => verify(token, this.foreign)));
      await this.check("refuses a changed token", () => this.refused(() => verify(changed(token), this.audience)));
      const { exp } = claims(token);
      const expired = async () => {
        const other = await make();
        await this.at(other, exp - now() + 400, () => this.refused(() => other(token, this.audience)));
      };
      if (clock) {
        await this.check("refuses an expired token", expired);
        await this.leeway(make, token);
      }
      // A short run has the checks alone, and not what takes seconds to find out.
      if (this.few) return;
      const ended = await this.session();
      await verify(ended, this.audience).catch(() => undefined);
      await this.end(ended);
      this.fact("revoked", await this.lives(verify, ended));
    });
    this.stages.rotated.push(async (token) => {
      if (!this.few) await this.check("verifies under the next key", () => this.accepted(verify, token));
      // Its keys are as new as can be: some libraries do not ask again so soon.
      recent = await make({ outage: true });
      await this.accepted(recent, token).catch(() => undefined);
    });
    this.stages.unknown.push(async (token) => {
      if (this.few && slow) return;
      await this.check("finds a key that it has not seen", async () => {
        const begun = performance.now();
        const passed = () => Math.round((performance.now() - begun) / 1000);
        while (!(await accepts(() => recent(token, this.audience)))) {
          if (passed() > UNKNOWN_KEY_SECONDS) await this.accepted(recent, token);
          await sleep(1_000);
        }
        this.fact("unknown", passed() === 0 ? "at once" : `after ${passed()} s`);
      });
    });
    this.stages.down.push(async (token) => this.fact("outage", await this.outage(recent, token)));
  }

  /** How long the token of a session that has ended is accepted. */
  async lives(verify, token) {
    const begun = performance.now();
    while (await accepts(() => verify(token, this.audience))) {
      if (performance.now() - begun > REVOKED_SECONDS * 1000) return "until it expires";
      await sleep(500);
    }
    const passed = Math.round((performance.now() - begun) / 1000);
    return passed === 0 ? "refused at once" : `${passed} s`;
  }

  /** How long an outage of Baton may be before the service refuses a token that has not expired. */
  async outage(verify, token) {
    for (const [seconds, meaning] of Object.entries(OUTAGE)) {
      const stands = await this.at(verify, Number(seconds), () => accepts(() => verify(token, this.audience)));
      if (!stands) return meaning;
    }
    return "not in 11 min";
  }

  async leeway(make, token) {
    const fresh = await make();
    const at = (offset) => this.at(fresh, offset, () => accepts(() => fresh(token, this.audience)));
    const { exp, iat } = claims(token);
    let late = "0";
    for (const seconds of LATE) if (await at(exp - now() + seconds - 1)) late = String(seconds);
    let behind = "0";
    for (const seconds of BEHIND) if (await at(iat - now() - seconds)) behind = String(seconds);
    this.fact("late", late === "300" ? "300 or more" : late);
    this.fact("behind", behind === "600" ? "any" : behind);
  }

  /** `introspect(token)` gives the answer as an object. */
  introspects(introspect) {
    this.stages.fresh.push(() =>
      this.check("introspects, before and after the logout", async () => {
        const token = await this.session();
        const before = await introspect(token);
        if (before.active !== true || before.sub !== claims(token).sub) throw new Error(JSON.stringify(before));
        await this.end(token);
        const after = await introspect(token);
        if (after.active !== false) throw new Error(JSON.stringify(after));
      }),
    );
  }

  revokes(revoke) {
    this.stages.fresh.push(() =>
      this.check("revokes", async () => {
        const token = await this.session();
        await revoke(token);
        const answer = await fetch(`${this.issuer}/api/me`, { headers: { authorization: `Bearer ${token}` } });
        if (answer.status !== 401) throw new Error(`the session stands: ${answer.status}`);
      }),
    );
  }

  /** `read(uri, idx)` fetches the list and gives the bit. */
  readsStatus(read) {
    this.stages.fresh.push(() =>
      this.check("reads the status list, active and revoked", async () => {
        const token = await this.session();
        const { idx, uri } = claims(token).status.status_list;
        if ((await read(uri, idx)) !== 0) throw new Error("an active session is revoked");
        await this.end(token);
        const end = performance.now() + 5_000;
        while ((await read(uri, idx)) !== 1) {
          if (performance.now() > end) throw new Error("not listed after 5 s");
          await sleep(500);
        }
      }),
    );
  }

  async accepted(verify, token) {
    const found = await verify(token, this.audience);
    if (found.sub !== claims(token).sub) throw new Error(`other claims: ${JSON.stringify(found)}`);
  }

  async refused(work) {
    if (await accepts(work)) throw new Error("accepted");
  }

  /** The access token of a session of its own. */
  async session() {
    const email = `${crypto.randomUUID()}@example.com`;
    const body = JSON.stringify({ email, password: this.password, name: "Ada" });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${this.issuer}/api/auth/register`, { method: "POST", headers, body });
    return (await answer.json()).access_token;
  }

  async end(token) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${this.issuer}/api/auth/logout`, { method: "POST", headers });
    if (answer.status !== 204) throw new Error(`logout: ${answer.status}`);
  }
}

function changed(token) {
  const [head, , signature] = token.split(".");
  const body = Buffer.from(JSON.stringify({ ...claims(token), sub: "another" })).toString("base64url");
  return `${head}.${body}.${signature}`;
}
