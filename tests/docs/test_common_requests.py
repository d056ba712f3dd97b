"""docs/common-requests: what it tells people to send does what it says."""

from __future__ import annotations

import json
import logging
import re
from importlib import import_module
from typing import Any

import pytest

from local.ecs.ram.policy import Policy
from local.fc.deployment import action_names
from shared.base.errors import AccessDenied
from shared.request.request import decode
from shared.request.triggers import parse
from tests.docs.pages import Block, blocks, events, leads_somewhere, links, prose
from tests.harness.actions import ROOT
from tests.harness.call import Call
from tests.harness.reports import report_of
from tests.harness.stage import FEW, Stage

PAGES = ("docs/common-requests.md", "docs/common-requests.zh-CN.md")
EVENTS = events(PAGES[0])

both = pytest.mark.parametrize("page", PAGES)


def handler_of(function: str) -> Any:  # noqa: ANN401  # a handler
    return import_module(f"functions.{function}").handler


def named(text: str) -> list[str]:
    """What a text writes as code, with a colon in it: tags."""
    return re.findall(r"`(curfew:[\w-]+)`", text)


def test_both_languages_show_the_same_events_and_queries() -> None:
    english, chinese = ([Block(one.language, one.text) for one in blocks(page)] for page in PAGES)

    assert english == chinese


def test_both_languages_have_the_same_sections_tasks_and_tags() -> None:
    marks = [re.findall(r"^(?:#+ |- |\*\*)", prose(page), re.MULTILINE) for page in PAGES]

    assert marks[0] == marks[1]
    assert sorted(named(prose(PAGES[0]))) == sorted(named(prose(PAGES[1])))


@both
def test_every_link_leads_somewhere(page: str) -> None:
    targets = links(ROOT / page)

    assert len(targets) > 8
    assert [one for one in targets if not leads_somewhere(ROOT / page, one)] == []


def test_there_is_something_for_every_function() -> None:
    asked = {body["action"] for body in EVENTS}

    assert asked == set(action_names()), "show a request for it, in both languages"


@pytest.mark.parametrize("body", EVENTS, ids=json.dumps)
def test_every_event_is_understood_and_does_something(body: dict[str, Any], call: Call) -> None:
    function = body["action"]
    [message] = parse(json.dumps(body)).messages
    assert not isinstance(message, Exception)
    decode(import_module(f"functions.{function}").ACTION.request, message.request, function)
    call.by_sdk = False

    counts = call(handler_of(function), body)["counts"]

    result = "unchanged" if function == "describe" else "changed"
    result = "would_change" if body.get("dry_run") else result
    assert counts[result] > 0
    assert counts["failed"] == counts["pending"] == 0


def test_why_an_instance_was_not_stopped_is_what_describe_says(call: Call) -> None:
    (body,) = [
        one for one in EVENTS if one["action"] == "describe" and one.keys() >= {"instance_ids"}
    ]

    [row] = call(handler_of("describe"), body)["instances"]

    assert row["reason"] == "guarded against stop, release and start: tag curfew:protect"


def test_a_stop_is_undone_by_starting_what_its_plan_names(
    call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    before = call.statuses()
    with caplog.at_level(logging.INFO, "curfew"):
        call(handler_of("stop"), {"tags": {"team": "dev", "env": "dev"}})
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    [ids] = [line["instances"] for line in lines if line["log"] == "plan"]
    stopped = call.statuses()

    call(handler_of("start"), {"action": "start", "instance_ids": ids})

    assert stopped != before
    assert call.statuses() == before


def test_what_was_released_is_in_snapshots_that_name_it(call: Call) -> None:
    (body,) = [
        one
        for one in EVENTS
        if one["action"] == "release" and one.keys() == {"action", "instance_ids"}
    ]
    [instance_id] = body["instance_ids"]

    call(handler_of("release"), body)

    assert instance_id not in call.statuses()
    tags = [one.tags for one in call.ecs.engine.snapshots()]
    assert tags == [{"curfew:release-of": instance_id}]


def test_what_is_stopping_already_gets_no_second_stop_by_force(call: Call) -> None:
    (body,) = [one for one in EVENTS if one.get("force")]
    call(handler_of("stop"), {"instance_ids": body["instance_ids"], "wait": False})

    call(handler_of("stop"), body)

    assert call.actions().count("StopInstances") == 1


def test_without_its_policy_a_run_ends_with_what_it_has_done() -> None:
    stage = Stage(FEW)
    platform = (ROOT / "ram" / "platform.json").read_text()

    def detach(operation: str, _: object) -> None:
        if operation == "StopInstances":
            stage.transport.authorizer = Policy(platform)

    stage.transport.after = detach

    with pytest.raises(AccessDenied) as raised:
        stage.ask("stop", {"name": "dev-*"})

    assert {row["result"] for row in report_of(raised.value)["instances"]} <= {"failed", "pending"}
    assert stage.operations() == ("StopInstances",)
