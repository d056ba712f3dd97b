"""No secret comes out: not in answers, errors, logs, representations, or the local tools' output.

Everything is sent by the real SDK with marked credentials, and each signature that was made is a
secret like them. Whatever any stream, logger, answer, error or object then says is searched.
"""

from __future__ import annotations

import gc
import io
import json
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
import pytest

from local.ecs.gateway.faults import (
    AnyFault,
    BrokenBody,
    ClockSkew,
    Cut,
    Delay,
    DroppedTags,
    LostPermission,
    ProxyPage,
    Refuse,
    RepeatedToken,
    SlowBody,
)
from local.ecs.http.signatures import Credential
from local.ecs.ram.caller import Caller
from local.fc.context import Runtime, context, environment
from local.fc.runtime import invoke
from local.fc.trigger_events import ENVELOPES, Request
from shared.ecs.sdk import SdkTransport
from shared.ecs.transport import ErrorResponse, NoResponse
from shared.errors import CurfewError
from shared.parallel import one_by_one
from shared.run import REAL_WORLD, World
from shared.settings import Credentials, Settings, read_settings

if TYPE_CHECKING:  # pytest wants to be the first to import a plugin
    from local.ecs.fake import FakeEcs
    from local.ecs.http.messages import HttpReply, HttpRequest

ROOT = Path(__file__).parents[2]
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
    return "\n".join(map(repr, [*STANDING, *_ours()]))


def _ours() -> list[object]:
    living = gc.get_objects()
    ours = {kind for kind in set(map(type, living)) if str(kind.__module__).startswith(OURS)}
    return [one for one in living if type(one) in ours]


@pytest.fixture(scope="module", autouse=True)
def _standing() -> Iterator[None]:
    """Do not look anew for the objects of thousands of other tests."""
    STANDING.extend(_ours())
    gc.freeze()
    yield
    gc.unfreeze()
    STANDING.clear()


@pytest.fixture
def spy(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Spy:
    """Root logs everything, and so does the SDK."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("DEBUG", "sdk")
    return Spy(monkeypatch, capsys, caplog)


@pytest.fixture
def account(fake_ecs: FakeEcs, spy: Spy) -> Account:
    """Marked credentials that the emulator knows."""
    account = Account(spy.monkeypatch, spy.capture, spy.log, ecs=fake_ecs)
    fake_ecs.emulator.wire.use([Credential(KEY, SECRET, Caller(), security_token=TOKEN)])
    handle = fake_ecs.emulator.handle

    def spied(request: HttpRequest) -> HttpReply:
        account.sent(request.target)
        return handle(request)

    spy.monkeypatch.setattr(fake_ecs.emulator, "handle", spied)
    spy.monkeypatch.setenv("DEBUG", "sdk")  # which the fixture of ECS takes away
    return account


RELEASE = ("release", {"name": "dev-web-1", "dry_run": False})
STOP = ("stop", {"tags": {"team": "dev"}})
STORIES: Mapping[str, tuple[str, Request]] = {
    "apply_schedule": ("apply_schedule", {"tags": {"team": "dev"}, "schedule": "never"}),
    "clear_auto_release": ("clear_auto_release", {"name": "ci-*"}),
    "describe": ("describe", {"all": True}),
    "release": RELEASE,
    "set_auto_release": ("set_auto_release", {"name": "ci-*", "release_after": "3h"}),
    "start": ("start", {"name": "dev-old-*"}),
    "stop": STOP,
}


@pytest.mark.promise("S46")
@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("name", STORIES)
def test_a_success_tells_no_secret(account: Account, name: str, runtime: Runtime) -> None:
    assert account.run(STORIES[name], runtime) == ""

    assert len(account.secrets) > 4  # signatures were seen
    account.search()


FAULTS: Mapping[str, AnyFault] = {
    "throttled-for-ever": Refuse(status=400, code="Throttling.User"),
    "refused": Refuse(status=403, code="Forbidden.RAM"),
    "signature": Refuse(
        status=400,
        code="SignatureDoesNotMatch",
        message="Specified signature is not matched with our calculation. server string to sign "
        f"is:POST&%2F&AccessKeyId%3D{KEY}%26SecurityToken%3D{quote(TOKEN, safe='')}",
    ),
    "signature-without-colon": Refuse(status=400, code="SignatureDoesNotMatch", message="no"),
    "unknown-key": Refuse(status=404, code="InvalidAccessKeyId.NotFound"),
    "internal-error": Refuse(),
    "error-after-the-write": Refuse(action="*Instances", skip=1, after_write=True),
    "cut": Cut(),
    "cut-after-the-write": Cut(action="StopInstances", after_write=True),
    "late": Delay(seconds=3000),
    "slow-body": SlowBody(seconds=3000),
    "broken-body": BrokenBody(),
    "proxy-page": ProxyPage(status=200),
    "repeated-token": RepeatedToken(),
    "dropped-tags": DroppedTags(),
    "lost-permission": LostPermission(),
    "clock-skew": ClockSkew(),
}


@pytest.mark.promise("S46")
@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_brings_a_secret_out(account: Account, fault: str, skip: int) -> None:
    account.ecs.faults.add(msgspec.structs.replace(FAULTS[fault], skip=skip))

    account.run(RELEASE, "3.12" if skip else "3.10")

    account.search()


ERRORS: Mapping[str, tuple[tuple[str, Request], AnyFault | None]] = {
    "InvalidEvent": (("stop", {"nmae": "dev-*"}), None),
    "Refused": (("stop", {"name": "dev-*", "max_instances": 1}), None),
    "AccessDenied": (STOP, LostPermission()),
    "Unavailable": (STOP, Cut()),
    "Incomplete": (STOP, Refuse(action="StopInstances")),
}


@pytest.mark.promise("S46")
@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("error", [one.__name__ for one in CurfewError.__subclasses__()])
def test_no_error_tells_a_secret(account: Account, error: str, runtime: Runtime) -> None:
    story, fault = ERRORS[error]
    if fault:
        account.ecs.faults.add(fault)

    assert account.run(story, runtime) == error

    account.search()


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_credentials_that_ecs_does_not_know_are_not_repeated(
    account: Account, runtime: Runtime
) -> None:
    account.ecs.emulator.wire.use([])

    assert account.run(STOP, runtime) == "Unavailable"

    account.search()


def test_a_wrong_secret_does_not_bring_the_string_to_sign_out(
    account: Account,
) -> None:
    wrong = Credentials(KEY, f"{SECRET}x", TOKEN)

    assert account.run(STOP, given=wrong) == "Unavailable"

    account.search()


def test_what_ecs_repeats_of_a_wrong_signature_is_cut_off(account: Account) -> None:
    wrong = Credentials(KEY, f"{SECRET}x", TOKEN)
    transport = SdkTransport(Settings(), wrong, connections=1)

    with pytest.raises(ErrorResponse, match="SignatureDoesNotMatch") as failure:
        transport.send("DescribeInstances", {"RegionId": "cn-hangzhou"}, timeout_s=2)

    account.said["error"] = repr(failure.value) + str(failure.value)
    account.search()


@pytest.mark.parametrize(
    "endpoint",
    [
        f"https://curfew:{PASSWORD}@ecs.example.com",
        f"http://curfew:{PASSWORD}@127.0.0.1:1",
        f"https://ecs.example.com/?AccessKeyId={KEY}",
    ],
)
def test_an_endpoint_with_a_secret_in_it_is_refused_unseen(account: Account, endpoint: str) -> None:
    account.monkeypatch.setenv("ECS_ENDPOINT", endpoint)

    assert account.run(STOP) == "Refused"

    assert account.ecs.endpoints == []
    account.search()


@pytest.mark.promise("S50")
def test_a_proxy_that_fails_does_not_bring_its_password_out(spy: Spy) -> None:
    proxy = f"http://curfew:{PASSWORD}@127.0.0.1:1"
    spy.monkeypatch.setenv("HTTPS_PROXY", proxy)
    settings = read_settings({"HTTPS_PROXY": proxy})
    transport = SdkTransport(settings, CREDENTIALS, connections=1)

    with pytest.raises(NoResponse) as failure:
        transport.send("DescribeInstances", {"RegionId": "cn-hangzhou"}, timeout_s=2)

    spy.said["error"] = "".join(traceback.format_exception(failure.value)) + repr(failure.value)
    spy.said["objects"] = _representations()
    spy.search()


HOLDERS: Mapping[str, Callable[[], object]] = {
    "credentials": lambda: CREDENTIALS,
    "settings": lambda: read_settings({"HTTPS_PROXY": f"http://curfew:{PASSWORD}@proxy:3128"}),
    "transport": lambda: SdkTransport(Settings(), CREDENTIALS, connections=1),
    "world": lambda: World(environ={"ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET}),
    "real-world": lambda: REAL_WORLD,
    "context": lambda: context(
        request_id="1",
        function_name="stop",
        region="cn-hangzhou",
        account_id="1",
        credentials=CREDENTIALS,
    ),
    "emulators-credential": lambda: Credential(KEY, SECRET, Caller(), security_token=TOKEN),
}


@pytest.mark.promise("S46")
@pytest.mark.parametrize("name", HOLDERS)
def test_no_object_shows_the_secret_that_it_holds(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)

    holder = HOLDERS[name]()

    shown = repr(holder) + str(holder)
    assert not any(secret in shown for secret in (SECRET, TOKEN, PASSWORD))


@pytest.mark.promise("S47")
def test_an_event_cannot_bring_credentials(
    account: Account,
) -> None:
    story = ("stop", {"name": "dev-*", "access_key_secret": PASSWORD})

    assert account.run(story) == "InvalidEvent"

    assert account.ecs.endpoints == []
    account.search()


def test_the_search_finds_what_it_looks_for(
    account: Account,
) -> None:
    account.run(STOP)
    signature = max(account.secrets - {KEY, SECRET, TOKEN, PASSWORD})

    for leak in (KEY, SECRET, quote(TOKEN, safe=""), signature):
        account.said["answer"] = json.dumps({"message": f"before {leak} after"})
        with pytest.raises(AssertionError):
            account.search()


@pytest.mark.promise("S46")
@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--verbose"], id="emulated"),
        pytest.param(
            ["--endpoint", "http://127.0.0.1:1", "--timeout", "2", "--json"], id="nobody-there"
        ),
    ],
)
def test_the_local_tools_tell_no_secret(spy: Spy, arguments: list[str], runtime: Runtime) -> None:
    keys = {"ACCESS_KEY_ID": KEY, "ACCESS_KEY_SECRET": SECRET, "SECURITY_TOKEN": TOKEN}
    environ = {f"ALIBABA_CLOUD_{name}": value for name, value in keys.items()}

    done = subprocess.run(  # noqa: S603  # this very Python and this project
        [sys.executable, "-m", "local", "invoke", "stop", "-", "--runtime", runtime, *arguments],
        input='{"name": "dev-web-1"}',
        env={**os.environ, **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )

    assert done.returncode == ("--endpoint" in arguments), done.stderr
    spy.said |= {"tool": done.stdout, "tool's errors": done.stderr}
    spy.search()
