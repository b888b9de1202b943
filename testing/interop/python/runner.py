"""The checks of each Python library. Its file says what it does, in its own terms; what must follow is here."""

import base64
import importlib
import importlib.metadata
import json
import pathlib
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from unittest import mock

import time_machine

UNKNOWN_KEY_SECONDS = 75
REVOKED_SECONDS = 6
LATE = [0, 2, 5, 10, 30, 60, 120, 300]
# Seconds of an outage, and what it means to be refused there and not before.
OUTAGE = {0: "at once", 60: "within a minute", 290: "1 to 5 min", 590: "5 to 10 min", 660: "10 to 11 min"}
BEHIND = [1, 2, 5, 10, 30, 60, 120, 300, 600]
OUTPUT = threading.Lock()


def say(**message):
    with OUTPUT:
        print(json.dumps(message), flush=True)


def claims(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def changed(token):
    head, _, signature = token.split(".")
    body = json.dumps({**claims(token), "sub": "another"}).encode()
    return f"{head}.{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}.{signature}"


def ahead(seconds):
    """A clock that is `seconds` ahead."""
    return time_machine.travel(datetime.fromtimestamp(time.time() + seconds, timezone.utc), tick=True)


def accepts(work):
    try:
        work()
        return True
    except Exception:
        return False


class Library:
    def __init__(self, name, context):
        self.__dict__.update(context)
        self.name = name
        self.stages = {"fresh": [], "rotated": [], "unknown": [], "down": []}

    def fact(self, fact, value):
        say(library=self.name, fact=fact, value=str(value))

    def check(self, check, work, outcome="passed"):
        try:
            work()
            say(library=self.name, check=check, outcome=outcome)
        except Exception as error:
            say(library=self.name, check=check, outcome="failed", detail=repr(error))

    def uses(self, packages, setting="none"):
        """The package whose version stands in the table, and the setting without which it does not work."""
        self.fact("version", ", ".join(importlib.metadata.version(package) for package in packages))
        self.fact("setting", setting)

    def cannot(self, what, work):
        """Something that the library cannot do: `work` throws, and the row fails on the day when it does not."""

        def refused():
            if accepts(work):
                raise AssertionError("it can now: make a check of it")

        self.stages["fresh"].append(lambda _: self.check(what, refused, "cannot"))

    def does(self, what, work):
        """Something of its own: `work` throws if it cannot."""
        self.stages["fresh"].append(lambda _: self.check(what, work))

    def verifies(self, make):
        """`make` gives a verifier with caches of its own: `(token, audience) -> claims`, which throws."""
        verify, recent = make(), make()

        def fresh(token):
            self.check("verifies a fresh token", lambda: self.accepted(verify, token))
            self.check("refuses another audience", lambda: self.refused(lambda: verify(token, self.foreign)))
            self.check("refuses a changed token", lambda: self.refused(lambda: verify(changed(token), self.audience)))
            self.check("refuses an expired token", lambda: self.expired(make(), token))
            self.leeway(make(), token)
            # A short run has the checks alone, and not what takes seconds to find out.
            if not self.few:
                self.revoked(verify)

        def rotated(token):
            if not self.few:
                self.check("verifies under the next key", lambda: self.accepted(verify, token))
            # Its keys are as new as can be: some libraries do not ask again so soon.
            accepts(lambda: recent(token, self.audience))

        def unknown(token):
            self.check("finds a key that it has not seen", lambda: self.finds(recent, token))

        def down(token):
            self.fact("outage", self.outage(recent, token))

        for stage, work in [("fresh", fresh), ("rotated", rotated), ("unknown", unknown), ("down", down)]:
            self.stages[stage].append(work)

    def finds(self, verify, token):
        begun = time.monotonic()
        while not accepts(lambda: verify(token, self.audience)):
            if time.monotonic() - begun > UNKNOWN_KEY_SECONDS:
                self.accepted(verify, token)
            time.sleep(1)
        passed = round(time.monotonic() - begun)
        self.fact("unknown", f"after {passed} s" if passed else "at once")

    def outage(self, verify, token):
        """How long an outage of Baton may be before the service refuses a token that has not expired."""
        monotonic = time.monotonic
        for seconds, meaning in OUTAGE.items():
            with ahead(seconds), mock.patch("time.monotonic", lambda: monotonic() + seconds):
                if not accepts(lambda: verify(token, self.audience)):
                    return meaning
        return "not in 11 min"

    def expired(self, verify, token):
        with ahead(claims(token)["exp"] - time.time() + 400):
            self.refused(lambda: verify(token, self.audience))

    def leeway(self, verify, token):
        def at(offset):
            with ahead(offset):
                return accepts(lambda: verify(token, self.audience))

        exp, iat = claims(token)["exp"], claims(token)["iat"]
        late = max([s for s in LATE if at(exp - time.time() + s - 1)], default="none")
        behind = max([s for s in BEHIND if at(iat - time.time() - s)], default=0)
        self.fact("late", "300 or more" if late == 300 else late)
        self.fact("behind", "any" if behind == 600 else behind)

    def revoked(self, verify):
        token = self.session()
        accepts(lambda: verify(token, self.audience))
        self.end(token)
        begun = time.monotonic()
        while accepts(lambda: verify(token, self.audience)):
            if time.monotonic() - begun > REVOKED_SECONDS:
                self.fact("revoked", "until it expires")
                return
            time.sleep(0.5)
        passed = round(time.monotonic() - begun)
        self.fact("revoked", f"{passed} s" if passed else "refused at once")

    def introspects(self, introspect):
        """`introspect(token)` gives the answer as a dictionary."""

        def work():
            token = self.session()
            before = introspect(token)
            assert before["active"] is True and before["sub"] == claims(token)["sub"], before
            self.end(token)
            after = introspect(token)
            assert after["active"] is False, after

        self.does("introspects, before and after the logout", work)

    def revokes(self, revoke):
        def work():
            token = self.session()
            revoke(token)
            status = self.call("GET", "/api/me", bearer=token)[0]
            assert status == 401, f"the session stands: {status}"

        self.does("revokes", work)

    def reads_status(self, read):
        """`read(uri, idx)` fetches the list and gives the bit."""

        def work():
            token = self.session()
            place = claims(token)["status"]["status_list"]
            assert read(place["uri"], place["idx"]) == 0, "an active session is revoked"
            self.end(token)
            begun = time.monotonic()
            while read(place["uri"], place["idx"]) != 1:
                assert time.monotonic() - begun < 5, "not listed after 5 s"
                time.sleep(0.5)

        self.does("reads the status list, active and revoked", work)

    def accepted(self, verify, token):
        found = verify(token, self.audience)
        assert found["sub"] == claims(token)["sub"], f"other claims: {found}"

    def refused(self, work):
        assert not accepts(work), "accepted"

    def session(self):
        """The access token of a session of its own."""
        body = {"email": f"{uuid.uuid4()}@example.com", "password": self.password, "name": "Ada"}
        status, answer = self.call("POST", "/api/auth/register", body)
        assert status == 201, answer
        return json.loads(answer)["access_token"]

    def native(self, agent):
        """The tokens of a session of a native client. Another `User-Agent` at refresh would ask for the password."""
        body = {"email": f"{uuid.uuid4()}@example.com", "password": self.password}
        self.call("POST", "/api/auth/register", {**body, "name": "Ada"})
        status, answer = self.call("POST", "/api/native/login", {**body, "client_id": self.client}, agent=agent)
        assert status == 200, answer
        return json.loads(answer)

    def end(self, token):
        status, answer = self.call("POST", "/api/auth/logout", bearer=token)
        assert status == 204, answer

    def subject(self, token):
        """For a library that shows no claims."""
        return claims(token)["sub"]

    def call(self, method, path, body=None, bearer=None, agent="interop"):
        request = urllib.request.Request(f"{self.issuer}{path}", method=method, headers={"User-Agent": agent})
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if bearer is not None:
            request.add_header("Authorization", f"Bearer {bearer}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


def described(context, only):
    libraries = []
    for file in sorted(pathlib.Path(__file__).parent.joinpath("libraries").glob("*.py")):
        library = Library(file.stem.replace("_", "-"), context)
        if only and not any(part in library.name for part in only):
            continue
        try:
            importlib.import_module(f"libraries.{file.stem}").describe(library)
        except Exception as error:
            say(library=library.name, check="is set up", outcome="failed", detail=repr(error))
        libraries.append(library)
    return libraries


def main():
    libraries = []
    for line in sys.stdin:
        message = json.loads(line)
        stage, token, only = message.pop("stage"), message.pop("token"), message.pop("only", None)
        if stage == "fresh":
            libraries = described(message, only)
        steps = [step for library in libraries for step in library.stages[stage]]
        # Waiting for one library must not make the next one's keys old; only one can change the clock at a time.
        with ThreadPoolExecutor(max_workers=32 if stage == "unknown" else 1) as pool:
            for done in [pool.submit(step, token) for step in steps]:
                done.result()
        say(done=stage)


main()
