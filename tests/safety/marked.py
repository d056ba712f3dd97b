"""An account that the real SDK reaches with marked secrets, and the search for them in all said."""

from __future__ import annotations

import gc
import io
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, get_args
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from local.fc.context import Runtime, context, environment
from local.fc.runtime import invoke
from local.fc.trigger_events import ENVELOPES, Request
from shared.run import World
from shared.settings.settings import Credentials
from tests.harness.invocation import one_by_one

if TYPE_CHECKING:  # pytest wants to be the first to import a plugin
    from local.ecs.fake import FakeEcs

KEY = "STS.NMARKEDkeyMARKEDkey"
SECRET = "MARKEDsecret/MARKEDsecret+MARKED"
TOKEN = "CAISMARKEDtoken/MARKEDtoken+MARKEDtoken=="
CREDENTIALS = Credentials(KEY, SECRET, TOKEN)
PASSWORD = "MARKEDpassword"
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)


@dataclass
class Spy:
    """What must not come out, signatures that were sent among it; and all that did, by where."""

    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    log: pytest.LogCaptureFixture
    secrets: set[str] = field(default_factory=lambda: {KEY, SECRET, TOKEN, PASSWORD})
    said: dict[str, str] = field(default_factory=dict)

    def sent(self, target: str) -> None:
        """A signed URL went out."""
        query = parse_qs(urlsplit(target).query)
        self.secrets |= {*query.get("Signature", []), *query.get("SignatureNonce", [])}
        if "objects during a call" not in self.said:
            self.said["objects during a call"] = _representations()

    def search(self) -> None:
        """Assert that nothing of it came out, plain or as it stands in a URL."""
        captured = self.capture.readouterr()
        self.said |= {"stdout": captured.out, "stderr": captured.err}
        self.said["log"] = "\n".join(
            f"{one.name} {one.getMessage()} {one.args} {one.exc_text}" for one in self.log.records
        )
        forms = {
            form for one in self.secrets for form in (one, quote(one, safe=""), repr(one)[1:-1])
        }
        found = {
            (where, form)
            for where, text in self.said.items()
            for form in (*forms, "Signature=", "AccessKeyId=", "SecurityToken=")
            if form in text
        }
        assert found == set()


@dataclass
class Account(Spy):
    """A spy with an account to run functions against."""

    ecs: FakeEcs = field(kw_only=True)

    def run(
        self,
        story: tuple[str, Request],
        runtime: Runtime = "3.10",
        given: Credentials = CREDENTIALS,
    ) -> str:
        """One invocation as Function Compute makes it; the class of its error, "" for none."""
        function, request = story
        made = context(
            runtime,
            request_id="1-secrets",
            function_name=function,
            region="cn-hangzhou",
            account_id="123456789012",
            credentials=given,
        )
        if runtime == "3.12":
            for name, value in environment(made, given).items():
                self.monkeypatch.setenv(name, value)
        world = World(clock=lambda: self.ecs.clock, side_by_side=one_by_one)
        handler = import_module(f"functions.{function}").handler
        stream = io.StringIO()
        event = ENVELOPES["direct"](request, self.ecs.clock.now())
        outcome = invoke(partial(handler, world=world), event, made, stream)
        self.said |= {
            "answer": outcome.body.decode(),
            "function log": stream.getvalue(),
            "context": repr(made),
            "outcome": repr(outcome),
            "objects": _representations(),
        }
        return "" if outcome.ok else outcome.error_type


OURS = ("shared.", "functions.", "local.fc.")
STANDING: list[object] = []
"""The objects of the functions' code that were there before."""


def _representations() -> str:
    """Every object of the functions' code that lives now, as a debugger would show it."""
    return "\n".join(map(repr, [*STANDING, *ours()]))


def ours() -> list[object]:
    """The objects of the functions' code that live now."""
    living = gc.get_objects()
    kinds = {kind for kind in set(map(type, living)) if str(kind.__module__).startswith(OURS)}
    return [one for one in living if type(one) in kinds]


STOP = ("stop", {"tags": {"team": "dev"}})
