"""What the page says of the instance after each outcome, and what the log says of a failure."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from functions.extend_lease import ExtendRule
from local.ecs.ram.policy import Policy
from local.fc.trigger_events import http
from shared.base.errors import Unavailable
from shared.base.times import CHINA, to_zone_text
from shared.domain.instance import Instance, Status
from shared.domain.steps import Impossible, SetAutoRelease, Skip
from tests.functions.test_extend_lease import HOUR, RELEASE, Desk
from tests.harness.invocation import make_context

DAY = timedelta(days=1)
ONLY_LOOK = json.dumps(
    {
        "Version": "1",
        "Statement": [{"Effect": "Allow", "Action": "ecs:Describe*", "Resource": "*"}],
    }
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def facts(answer: Mapping[str, Any]) -> dict[str, str]:
    """What a page says of the instance."""
    return dict(re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", answer["body"]))


def of(desk: Desk, release: str, name: str = "ci-1 &lt;b&gt;") -> dict[str, str]:
    """What a page is to say of it."""
    shown = {
        "Name": name,
        "Instance": desk.instance.instance_id,
        "Region": "cn-hangzhou",
        "Release time": release,
    }
    return {word: value for word, value in shown.items() if value}


def test_it_is_said_which_time_stands_now(desk: Desk) -> None:
    assert facts(desk.ask()) == of(desk, "Mon 2026-11-23 23:00 +08:00")
    kept = desk.ask("POST", body="days=3")
    used = desk.ask("POST", body="days=1")

    assert facts(kept) == facts(used) == of(desk, "Thu 2026-11-26 23:00 +08:00")


@pytest.mark.parametrize(("minutes", "times"), [(72 * 60, 0), (72 * 60 - 1, 1)])
def test_that_it_is_kept_for_less_than_was_chosen_is_said(
    desk: Desk, minutes: int, times: int
) -> None:
    now = desk.stage.clock.now()
    furthest = RELEASE - now + timedelta(minutes=minutes)
    desk.stage.environ["CURFEW_MAX_EXTENSION"] = f"{furthest // timedelta(minutes=1)}m"

    answer = desk.ask("POST", body="days=3")

    assert desk.instance.auto_release_at == RELEASE + timedelta(minutes=minutes)
    assert (">Kept<" in answer["body"], answer["body"].count("sooner than you chose")) == (
        True,
        times,
    )


def test_a_second_click_within_the_minute_is_told_of_the_first_also_at_the_furthest(
    desk: Desk,
) -> None:
    desk.stage.environ["CURFEW_MAX_EXTENSION"] = "2d"
    desk.ask("POST", body="days=3")

    answer = desk.ask("POST", body="days=3")

    assert (answer["statusCode"], "Kept already" in answer["body"]) == (409, True)


def test_after_it_was_cleared_no_time_is_said(desk: Desk) -> None:
    desk.move(None)

    assert facts(desk.ask("POST", body="days=1")) == of(desk, "")


def test_of_who_is_gone_the_link_alone_is_said(desk: Desk) -> None:
    answer = desk.ask("POST", desk.field(instance_id="i-bp1gone"), "days=1")

    assert facts(answer) == {"Instance": "i-bp1gone", "Region": "cn-hangzhou"}


@pytest.mark.parametrize(
    ("minutes", "body", "status"), [(0, "days=2", 400), (0, "", 400), (301, "days=1", 410)]
)
def test_without_a_look_what_the_link_says_is_said(
    desk: Desk, minutes: int, body: str, status: int
) -> None:
    lease, said = desk.field(), of(desk, "Mon 2026-11-23 23:00 +08:00", name="")
    desk.stage.clock.sleep(minutes * 60)

    answer = desk.ask("POST", lease, body)

    assert (answer["statusCode"], facts(answer)) == (status, said)


def test_at_the_furthest_what_the_link_says_is_said(desk: Desk) -> None:
    desk.stage.environ["CURFEW_MAX_EXTENSION"] = "5h"
    desk.stage.clock.sleep(30.000007)

    answer = desk.ask("POST", body="days=1")

    assert answer["statusCode"] == 409
    assert facts(answer) == of(desk, "Mon 2026-11-23 23:00 +08:00", name="")


def test_of_a_refusal_the_instance_is_said(desk: Desk) -> None:
    desk.stage.transport.authorizer = Policy(ONLY_LOOK)

    answer = desk.ask("POST", body="days=1")

    assert answer["statusCode"] == 503
    assert re.findall("<footer>(.*?)</footer>", answer["body"]) == ["AccessDenied"]
    assert facts(answer) == of(desk, "Mon 2026-11-23 23:00 +08:00")


def test_why_nothing_was_moved_is_in_the_log_in_the_zone_of_the_others(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    desk.move(None)

    desk.ask("POST", body="days=1")

    assert [one["reason"] for one in logged(caplog, "instance")] == [
        f"the link was made for the release time {to_zone_text(RELEASE, CHINA)}"
    ]


def test_without_a_link_there_is_nothing_to_look_at(desk: Desk) -> None:
    event = json.loads(http({}, desk.stage.clock.now()))
    event["requestContext"]["http"]["method"] = "GET"

    for query in ({}, {"lease": ""}, {"x": "y"}):
        assert (
            desk.send(json.dumps({**event, "queryParameters": query}).encode())["statusCode"] == 403
        )


def test_without_an_account_no_link_counts(desk: Desk) -> None:
    assert desk.ask("POST", body="days=1", context=object())["statusCode"] == 403
    assert desk.unchanged()


def test_a_field_that_is_there_twice_once_empty_is_not_clear(desk: Desk) -> None:
    assert desk.ask("POST", body="days=1&days=")["statusCode"] == 400


def test_a_time_that_is_set_back_before_the_second_look_stands(desk: Desk) -> None:
    def after(operation: str, _: Mapping[str, str]) -> None:
        if operation.startswith("Modify"):
            desk.stage.transport.after = lambda *_: None
            desk.move(RELEASE)

    desk.stage.transport.after = after

    desk.ask("POST", body="days=1")

    assert desk.instance.auto_release_at == RELEASE
    assert len(desk.stage.writes()) == 2


def test_no_channel_is_told_of_a_page(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.stage.environ["CURFEW_NOTIFY"] = "http://127.0.0.1:9/services/x"
    desk.stage.environ["CURFEW_NOTIFY_ON"] = "failed,changed,planned,nothing_matched"
    caplog.set_level(logging.INFO)

    assert desk.ask()["statusCode"] == 200
    assert desk.ask("POST", body="days=1")["statusCode"] == 200
    assert '"log": "notice"' not in caplog.text


def logged(caplog: pytest.LogCaptureFixture, kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(one.getMessage()) for one in caplog.records if one.name == "curfew"]
    return [one for one in lines if one["log"] == kind]


def test_why_it_failed_is_in_the_log_under_its_request(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.stage.environ["CURFEW_TZ"] = "CST"
    context = make_context("3.12", timeout_s=30)

    answer = desk.ask(context=context)

    assert (answer["statusCode"], facts(answer)) == (503, {})
    assert "<footer>" not in answer["body"]
    [line] = logged(caplog, "error")
    assert {name: line[name] for name in ("action", "request_id", "trigger", "error")} == {
        "action": "extend_lease",
        "request_id": context.request_id,
        "trigger": "http",
        "error": "Refused",
    }
    assert "CURFEW_TZ" in line["message"]


@pytest.mark.parametrize(
    "context", [object(), SimpleNamespace(request_id=None)], ids=["none", "empty"]
)
def test_without_a_request_id_the_log_says_none(
    desk: Desk, context: object, caplog: pytest.LogCaptureFixture
) -> None:
    desk.stage.environ["CURFEW_TZ"] = "CST"

    assert desk.ask(context=context)["statusCode"] == 503

    assert [one["request_id"] for one in logged(caplog, "error")] == [""]


@pytest.mark.parametrize("where", ["_read", "read_lease"])
def test_what_nobody_foresaw_is_a_page_that_names_the_class(
    desk: Desk, where: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(f"functions.extend_lease.{where}", fail)

    answer = desk.ask()

    assert answer["statusCode"] == 503
    assert "could not be extended now" in answer["body"]
    [footer] = re.findall("<footer>(.*?)</footer>", answer["body"])
    assert "ZeroDivisionError" in footer
    assert "secret" not in footer + caplog.text
    assert [one["error"] for one in logged(caplog, "unforeseen")] == ["ZeroDivisionError"]


def test_a_broken_log_is_no_reason_not_to_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("functions.extend_lease.read_lease", fail)
    monkeypatch.setattr("functions.extend_lease.log_unforeseen", fail)

    answer = desk.ask()

    assert answer["statusCode"] == 503
    assert "could not be extended now" in answer["body"]


def test_a_failure_of_the_run_names_its_class(desk: Desk) -> None:
    def refuse(_operation: str, _parameters: Mapping[str, str]) -> None:
        raise Unavailable("no answer")

    desk.stage.transport.before = refuse

    answer = desk.ask("POST", body="days=1")

    assert answer["statusCode"] == 503
    assert re.findall("<footer>(.*?)</footer>", answer["body"]) == ["Unavailable"]
    assert facts(answer) == of(desk, "Mon 2026-11-23 23:00 +08:00", name="")


RULE = ExtendRule(RELEASE, RELEASE + DAY, CHINA)


def looked(**fields: Any) -> Instance:  # noqa: ANN401  # an instance's fields
    return Instance("i-1", "cn-hangzhou", RELEASE, fields.pop("status", Status.RUNNING), **fields)


def test_the_rule_says_what_it_leaves_and_why() -> None:
    moved = RULE.next_step(looked(auto_release_at=RELEASE + HOUR), RELEASE)
    gone = RULE.next_step(looked(status=Status.GONE), RELEASE)
    step = RULE.next_step(looked(auto_release_at=RELEASE), RELEASE)

    made_for = to_zone_text(RELEASE, CHINA)
    assert moved == Skip(f"the link was made for the release time {made_for}")
    assert gone == Impossible("ECS does not know this id", "InvalidInstanceId.NotFound")
    assert step == SetAutoRelease(RELEASE + DAY)
    assert isinstance(step, SetAutoRelease)
    assert step.at.utcoffset() == timedelta(hours=8)
