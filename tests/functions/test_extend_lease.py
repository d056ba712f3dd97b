"""The page behind a link: it moves one release time, later, and nothing else."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.extend_lease import handler
from local.ecs.account.model import Instance
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.ram.caller import Caller
from local.ecs.ram.policy import Policy
from local.fc.trigger_events import http
from shared.base.times import to_minute_text
from shared.notify.links import Lease, link
from shared.run import World
from tests.harness.actions import ROOT
from tests.harness.invocation import ACCOUNT, make_context, one_by_one
from tests.harness.stage import Stage

KEY = "MARKEDkeyMARKEDkeyMARKEDkeyMARKED"
HOUR = timedelta(hours=1)
RELEASE = MANUAL_START + 5 * HOUR
NEVER = "\u003cscript>alert(1)</script> [x](http://example.com)"


@dataclass
class Desk:
    """An instance that ECS will release, and the links of a notice about it."""

    stage: Stage = field(
        default_factory=lambda: Stage(
            [
                InstanceSpec("ci-1 <b>", auto_release_at=RELEASE, tags={"curfew:protect": ""}),
                InstanceSpec("other", auto_release_at=RELEASE),
            ]
        )
    )

    def __post_init__(self) -> None:
        self.stage.environ["CURFEW_LINK_KEY"] = KEY
        policy = (ROOT / "ram" / "extend_lease.json").read_text("utf-8")
        self.stage.transport.authorizer = Policy(policy)

    @property
    def instance(self) -> Instance:
        return next(one for one in self.stage.engine.instances() if one.name.startswith("ci-1"))

    def others(self) -> list[datetime | None]:
        """The release times of everybody else."""
        return [one.auto_release_at for one in self.stage.engine.instances() if one.name == "other"]

    def field(self, **changed: Any) -> str:  # noqa: ANN401  # a lease's fields
        """What a link about it carries."""
        lease: dict[str, Any] = {
            "account": ACCOUNT,
            "region": "cn-hangzhou",
            "instance_id": self.instance.instance_id,
            "release_at": RELEASE,
            **changed,
        }
        return link(Lease(**lease), "", KEY).partition("=")[2]

    def ask(
        self,
        method: str = "GET",
        lease: str | None = None,
        body: str = "",
        headers: Mapping[str, str] | None = None,
        context: Any = None,  # noqa: ANN401  # whatever one could be
    ) -> dict[str, Any]:
        """What an HTTP request is answered."""
        event = json.loads(http({}, self.stage.clock.now()))
        event["requestContext"]["http"]["method"] = method
        event["queryParameters"] = {"lease": self.field() if lease is None else lease}
        event["headers"] = dict(headers or {})
        event["body"] = body
        event["isBase64Encoded"] = False
        return self.send(json.dumps(event).encode(), context)

    def send(
        self,
        event: bytes,
        context: Any = None,  # noqa: ANN401  # whatever one could be
    ) -> dict[str, Any]:
        """What an event is answered."""
        world = World(
            clock=lambda: self.stage.clock,
            side_by_side=one_by_one,
            connect=lambda *_: self.stage.transport,
            environ=self.stage.environ,
        )
        context = context or make_context("3.12", timeout_s=30)
        return handler(event, context, world=world)

    def move(self, to: datetime | None) -> None:
        """Somebody sets another release time, or clears it."""
        at = {"AutoReleaseTime": to_minute_text(to)} if to else {}
        parameters = {"RegionId": "cn-hangzhou", "InstanceId": self.instance.instance_id, **at}
        self.stage.gateway.call("ModifyInstanceAutoReleaseTime", parameters, Caller())

    def unchanged(self) -> bool:
        """Nobody's release time was moved and nothing was written."""
        return self.stage.writes() == () and self.instance.auto_release_at == RELEASE


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.promise("S54")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_to_look_changes_nothing(desk: Desk, method: str) -> None:
    answer = desk.ask(method)

    assert answer["statusCode"] == 200
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert answer["headers"]["Referrer-Policy"] == "no-referrer"
    assert desk.unchanged()
    assert bool(answer["body"]) == (method == "GET")


def test_the_page_says_what_it_is_about_and_escapes_it(desk: Desk) -> None:
    body = desk.ask()["body"]

    for part in (
        "ci-1 &lt;b&gt;", desk.instance.instance_id, "cn-hangzhou",
        "Mon 2026-11-23 23:00 +08:00", '<button name="days" value="1">Keep 1 day</button>',
        '<button name="days" value="3">Keep 3 days</button>', '<form method="post">',
    ):  # fmt: skip
        assert part in body
    assert "<b>" not in body
    assert "<script" not in body


@pytest.mark.promise("S54")
@pytest.mark.parametrize("days", [1, 3])
def test_a_post_moves_the_release_time_of_this_one_by_the_days_chosen(
    desk: Desk, days: int
) -> None:
    before = desk.others()

    answer = desk.ask("POST", body=f"days={days}")

    assert answer["statusCode"] == 200
    assert ">Kept<" in answer["body"]
    assert desk.instance.auto_release_at == RELEASE + timedelta(days=days)
    assert desk.others() == before
    assert [one.action for one in desk.stage.writes()] == ["ModifyInstanceAutoReleaseTime"]


def test_a_form_may_come_in_base64(desk: Desk) -> None:
    event = json.loads(http({}, desk.stage.clock.now()))
    event["requestContext"]["http"]["method"] = "POST"
    event["queryParameters"] = {"lease": desk.field()}
    event |= {"body": base64.b64encode(b"days=3").decode(), "isBase64Encoded": True}

    assert desk.send(json.dumps(event).encode())["statusCode"] == 200
    assert desk.instance.auto_release_at == RELEASE + timedelta(days=3)


@pytest.mark.promise("S54")
@pytest.mark.parametrize("days", [1, 3])
def test_a_link_that_was_used_says_so_and_moves_nothing_again(desk: Desk, days: int) -> None:
    desk.ask("POST", body=f"days={days}")
    writes = desk.stage.writes()

    for method, body in (("GET", ""), ("POST", "days=1"), ("POST", "days=3")):
        answer = desk.ask(method, body=body)
        assert answer["statusCode"] == 409
        assert "Kept already" in answer["body"]
    assert desk.stage.writes() == writes
    assert desk.instance.auto_release_at == RELEASE + timedelta(days=days)


@pytest.mark.promise("S54")
@pytest.mark.parametrize("to", [RELEASE - HOUR, RELEASE + 100 * HOUR, None])
def test_a_time_that_somebody_has_moved_or_cleared_since_stands(
    desk: Desk, to: datetime | None
) -> None:
    desk.move(to)
    writes = desk.stage.writes()

    answer = desk.ask("POST", body="days=3")

    assert answer["statusCode"] == 409
    assert "The release time was changed" in answer["body"]
    assert desk.instance.auto_release_at == to
    assert desk.stage.writes() == writes


@pytest.mark.promise("S54")
@pytest.mark.parametrize(
    "body",
    ["", "days=2", "days=01", "days=1&days=3", "days=-1", "days=1.0", "day=1", "days=", "\x00"],
)
def test_another_number_of_days_is_refused(desk: Desk, body: str) -> None:
    answer = desk.ask("POST", body=body)

    assert (answer["statusCode"], desk.unchanged()) == (400, True)
    assert "Choose 1 or 3 days" in answer["body"]


@pytest.mark.promise("S54")
@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", ""])
def test_another_method_is_refused(desk: Desk, method: str) -> None:
    answer = desk.ask(method, body="days=1")

    assert (answer["statusCode"], desk.unchanged()) == (405, True)
    assert answer["headers"]["Allow"] == "GET, HEAD, POST"


FORGED: dict[str, dict[str, Any]] = {
    "account": {"account": "123456789013"},
    "region": {"region": "cn-shanghai"},
    "id": {"instance_id": "i-another"},
    "time": {"release_at": RELEASE + HOUR},
}


@pytest.mark.promise("S54")
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("changed", FORGED.values(), ids=FORGED)
def test_a_link_forged_in_any_field_gets_to_no_call(
    desk: Desk, method: str, changed: dict[str, Any]
) -> None:
    signature = desk.field().partition(".")[2]
    forged = f"{desk.field(**changed).partition('.')[0]}.{signature}"

    for lease in (forged, "", "x", desk.field()[:-1], desk.field() + "x"):
        assert desk.ask(method, lease, "days=1")["statusCode"] == 403
    assert desk.stage.gateway.log.entries() == ()
    assert desk.unchanged()


@pytest.mark.promise("S54")
def test_a_true_link_of_another_account_counts_for_nothing_here(desk: Desk) -> None:
    assert desk.ask("POST", desk.field(account="999"), "days=1")["statusCode"] == 403
    assert desk.stage.gateway.log.entries() == ()


@pytest.mark.promise("S54")
@pytest.mark.parametrize("key", ["", "j" * 32])
def test_without_the_key_or_with_another_no_link_counts(desk: Desk, key: str) -> None:
    desk.stage.environ["CURFEW_LINK_KEY"] = key

    assert desk.ask("POST", body="days=1")["statusCode"] == 403
    assert desk.unchanged()


def test_once_the_time_has_come_the_link_is_over(desk: Desk) -> None:
    lease = desk.field()
    desk.stage.clock.sleep(5 * 3600)

    answer = desk.ask("POST", lease, "days=1")

    assert answer["statusCode"] == 410
    assert "expired" in answer["body"]
    assert desk.stage.gateway.log.entries() == ()


def test_an_instance_that_is_gone_is_said_to_be(desk: Desk) -> None:
    answer = desk.ask("POST", desk.field(instance_id="i-bp1gone"), "days=1")

    assert (answer["statusCode"], desk.unchanged()) == (410, True)


@pytest.mark.promise("S54")
def test_no_link_moves_a_time_beyond_the_furthest(desk: Desk) -> None:
    desk.stage.environ["CURFEW_MAX_EXTENSION"] = "2d"

    kept = desk.ask("POST", body="days=3")
    assert (kept["statusCode"], "sooner than you chose" in kept["body"]) == (200, True)
    assert desk.instance.auto_release_at == MANUAL_START + timedelta(days=2)

    late = desk.field(release_at=MANUAL_START + timedelta(days=2))
    answer = desk.ask("POST", late, "days=1")
    assert answer["statusCode"] == 409
    assert "extend it any further" in answer["body"]


@pytest.mark.parametrize(
    ("accepted", "title"),
    [
        ("", "Keep this instance?"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "保留这台实例"),
        ("en-GB,en;q=0.9,zh;q=0.8", "Keep this instance?"),
        ("de, zh;q=0.5", "保留这台实例"),
        ("zh;q=0, en;q=0.1", "Keep this instance?"),
        (";;,q=,", "Keep this instance?"),
    ],
)
def test_the_page_is_in_the_language_of_the_browser(desk: Desk, accepted: str, title: str) -> None:
    assert f"<h1>{title}" in desk.ask(headers={"Accept-Language": accepted})["body"]


MAD = [
    b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff", b"[" * 9_000, b"{}",
    b'{"requestContext": 7}', b'{"requestContext": {"http": {"method": 7}}}',
    b'{"triggerTime": "2026-11-23T10:00:00Z", "payload": "{}"}',
    b'{"requestContext": {"http": {"method": "POST"}}, "queryParameters": [], "body": {}}',
    b'{"requestContext": {"http": {"method": "POST"}}, "queryParameters": {"lease": 7}}',
    b'{"requestContext": {"http": {"method": "POST"}}, "isBase64Encoded": true, "body": "*"}',
]  # fmt: skip


@pytest.mark.promise("S54")
@pytest.mark.parametrize("event", MAD)
def test_it_never_raises_whatever_comes(desk: Desk, event: bytes) -> None:
    answer = desk.send(event)

    assert 400 <= answer["statusCode"] < 500
    assert desk.unchanged()


def test_what_fails_is_said_in_words_and_without_details(desk: Desk) -> None:
    def refuse(_operation: str, _parameters: Mapping[str, str]) -> None:
        raise ValueError(KEY)

    desk.stage.transport.before = refuse
    broken = desk.ask("POST", body="days=1")
    desk.stage.environ["CURFEW_TZ"] = "CST"
    unset = desk.ask()

    for answer in (broken, unset):
        assert answer["statusCode"] == 503
        assert "could not be extended now" in answer["body"]
        assert KEY not in answer["body"]


@pytest.mark.promise("S53")
def test_neither_link_nor_key_is_in_any_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    lease = desk.field()

    for method, body in (("GET", ""), ("POST", "days=1"), ("POST", "days=1"), ("PUT", "")):
        desk.ask(method, lease, body)
    desk.ask("POST", f"{lease}x", "days=1")
    desk.ask("GET", NEVER)

    assert '"action": "extend_lease"' in caplog.text
    for secret in (KEY, lease, lease.partition(".")[2], lease.partition(".")[0]):
        assert secret not in caplog.text


@pytest.mark.parametrize("operation", ["DescribeInstances", "ModifyInstanceAutoReleaseTime"])
def test_its_role_needs_both_of_its_operations(desk: Desk, operation: str) -> None:
    policy = json.loads((ROOT / "ram" / "extend_lease.json").read_text("utf-8"))
    for statement in policy["Statement"]:
        if statement["Effect"] == "Allow":
            statement["Action"] = [
                one for one in statement["Action"] if one != f"ecs:{operation}"
            ] or ["ecs:Nothing"]
    desk.stage.transport.authorizer = Policy(json.dumps(policy))

    assert desk.ask("POST", body="days=1")["statusCode"] == 503
    assert desk.instance.auto_release_at == RELEASE


NAMES = st.sampled_from(
    ["requestContext", "http", "method", "queryParameters", "lease", "headers", "body", "POST"]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), NAMES, st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)


@pytest.mark.promise("S54")
@settings(max_examples=60)
@given(st.one_of(st.binary(max_size=60), VALUES.map(lambda one: json.dumps(one).encode())))
def test_whatever_bytes_come_they_are_answered_and_change_nothing(event: bytes) -> None:
    desk = Desk()

    answer = desk.send(event)

    assert answer["statusCode"] in {403, 405}
    assert desk.unchanged()
