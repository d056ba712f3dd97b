"""No secret comes out: not in answers, errors, logs, representations, or the local tools' output.

Everything is sent by the real SDK with marked credentials, and each signature that was made is a
secret like them. Whatever any stream, logger, answer, error or object then says is searched.
"""

from __future__ import annotations

import gc
import traceback
from collections.abc import Iterator, Mapping
from urllib.parse import quote

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
from local.fc.context import Runtime
from local.fc.trigger_events import Request
from shared.base.errors import CurfewError
from shared.ecs.transport import ErrorResponse, NoResponse
from shared.run import REAL_WORLD
from shared.settings.settings import Credentials, Settings, read_settings
from tests.harness.actions import FUNCTIONS, stated
from tests.safety.marked import (
    CREDENTIALS,
    KEY,
    PASSWORD,
    RUNTIMES,
    SECRET,
    STANDING,
    STOP,
    TOKEN,
    Account,
    Spy,
    _representations,
    ours,
)


@pytest.fixture(scope="module", autouse=True)
def _standing() -> Iterator[None]:
    """Do not look anew for the objects of thousands of other tests."""
    STANDING.extend(ours())
    gc.freeze()
    yield
    gc.unfreeze()
    STANDING.clear()


RELEASE = ("release", {"name": "dev-web-1", "dry_run": False})
NAMES = {
    "clear_auto_release": "ci-*",
    "release": "dev-web-1",
    "set_auto_release": "ci-*",
    "start": "dev-old-*",
}
"""Instances of the default fleet with which a function has something to do, if not any will do."""
STORIES: Mapping[str, tuple[str, Request]] = {
    name: (name, {"name": NAMES.get(name, "dev-web-*"), **stated(name)}) for name in FUNCTIONS
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
    transport = REAL_WORLD.connect(Settings(), wrong)

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
    transport = REAL_WORLD.connect(settings, CREDENTIALS)

    with pytest.raises(NoResponse) as failure:
        transport.send("DescribeInstances", {"RegionId": "cn-hangzhou"}, timeout_s=2)

    spy.said["error"] = "".join(traceback.format_exception(failure.value)) + repr(failure.value)
    spy.said["objects"] = _representations()
    spy.search()


@pytest.mark.promise("S47")
def test_an_event_cannot_bring_credentials(
    account: Account,
) -> None:
    story = ("stop", {"name": "dev-*", "access_key_secret": PASSWORD})

    assert account.run(story) == "InvalidEvent"

    assert account.ecs.endpoints == []
    account.search()
