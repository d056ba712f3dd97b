"""Notice before, whole: which rows describe has, who is told of them, and where links stand."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import InstanceSpec
from shared.base.errors import Incomplete, InvalidEvent
from shared.notify.outgoing import Answer
from tests.harness.chat import HERE, MARKED, Chat
from tests.harness.stage import Stage

KEY = "MARKEDkeyMARKEDkeyMARKEDkeyMARKED"
ENVIRON = {"CURFEW_LINK_KEY": KEY, "CURFEW_LINK_URL": "https://keep.example.com/lease"}
DUE: dict[str, object] = {"tags": {"team": "dev"}, "releases_within": "72h"}


def leased(name: str, hours: float, **tags: str) -> InstanceSpec:
    """An instance that ECS releases in some hours."""
    return InstanceSpec(
        name,
        auto_release_at=MANUAL_START + timedelta(hours=hours),
        tags={"team": "dev", **tags},
    )


def chat(*specs: InstanceSpec) -> Chat:
    """A chat about these, and one that nobody releases."""
    return Chat(stage=Stage([*specs, InstanceSpec("stays", tags={"team": "dev"})]))


def names(report: dict[str, Any]) -> list[str]:
    """Who has a row."""
    return sorted(row["name"] for row in report["instances"])


def test_only_what_ecs_will_release_by_then_has_a_row() -> None:
    told = chat(leased("soon", 1), leased("in-time", 72), leased("late", 73))

    report = told.run("describe", DUE)

    assert names(report) == ["in-time", "soon"]
    assert report["counts"]["unchanged"] == 2
    assert report["warnings"] == []


@pytest.mark.parametrize("text", ["3 days", "", "72", "-1h", "0h"])
def test_what_is_no_time_is_invalid_before_any_call(text: str) -> None:
    told = chat()

    with pytest.raises(InvalidEvent, match=rf"releases_within: {text!r} is invalid"):
        told.run("describe", {**DUE, "releases_within": text})

    assert told.stage.gateway.log.entries() == ()


def test_with_rows_it_is_told_whatever_is_asked_for_and_without_it_is_not() -> None:
    told, nobody = chat(leased("soon", 1, owner="amy")), chat(leased("late", 100))
    environ = {**ENVIRON, "CURFEW_NOTIFY_ON": "failed,nothing_matched"}

    told.run("describe", DUE, environ)
    nobody.run("describe", DUE, environ)
    told.run("describe", {**DUE, "notify": False}, environ)

    (text,) = told.texts()
    assert "1 台实例即将被 ECS 释放" in text
    assert "**amy**" in text
    assert nobody.sent == []


def test_a_selection_that_matches_nothing_is_told_as_that() -> None:
    told = chat(leased("soon", 1))

    report = told.run(
        "describe",
        {"name": "x", "releases_within": "1h"},
        {"CURFEW_NOTIFY_ON": "nothing_matched"},
    )

    assert "nothing matched" in report["warnings"][0]
    assert len(told.sent) == 1


def test_a_protected_one_says_first_that_it_will_go_all_the_same() -> None:
    told = chat(leased("kept", 1, **{"curfew:protect": ""}))

    report = told.run("describe", DUE)

    assert report["instances"][0]["reason"].startswith("ECS will still release it at ")
    assert "受保护，但 ECS 到时仍会释放它" in told.texts()[0]  # noqa: RUF001  # Chinese


@pytest.mark.promise("S53")
def test_links_stand_in_messages_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = chat(leased("soon", 1))
    generic = f"http://127.0.0.1/in#{MARKED}"

    report = told.run("describe", DUE, {**ENVIRON, "CURFEW_NOTIFY": f"{HERE} {generic}"})

    link = json.loads(told.sent[1].body)["instances"][0]["keep_url"]
    assert link.startswith("https://keep.example.com/lease?lease=")
    assert link in json.loads(told.sent[0].body)["markdown"]["text"]
    for said in (json.dumps(report), caplog.text):
        assert "lease=" not in said
        assert KEY not in said
        assert MARKED not in said


def test_the_generic_form_has_every_row() -> None:
    told = chat(*(leased(f"ci-{number}", 1) for number in range(250)))

    report = told.run("describe", DUE, {**ENVIRON, "CURFEW_NOTIFY": "http://127.0.0.1/in"})

    rows = json.loads(told.sent[0].body)["instances"]
    assert len(rows) == 250
    assert all(row["keep_url"] for row in rows)
    assert len(report["instances"]) == 200


def test_at_most_five_messages_and_the_rest_in_warnings() -> None:
    told = chat(*(leased(f"ci-{number}", 1, owner=f"o{number % 7}") for number in range(250)))
    wecom = "http://127.0.0.1/cgi-bin/webhook/send?key=x"

    report = told.run("describe", DUE, {**ENVIRON, "CURFEW_NOTIFY": wecom})

    assert len(told.sent) == 5
    (warning,) = report["warnings"]
    assert warning.startswith("the notice to address 1 (wecom) is too long; not listed: o")


def test_what_is_told_besides_counts_among_the_five() -> None:
    told = chat(*(leased(f"ci-{number}", 1) for number in range(250)))
    environ = {**ENVIRON, "CURFEW_NOTIFY": "http://127.0.0.1/cgi-bin/webhook/send?key=x"}

    told.run("describe", {**DUE, "dry_run": True}, {**environ, "CURFEW_NOTIFY_ON": "planned"})

    assert len(told.sent) == 5


def test_after_a_refusal_no_other_message_is_sent() -> None:
    told = chat(*(leased(f"ci-{number}", 1) for number in range(250)))
    told.answer = Answer(200, b'{"errcode":130101,"errmsg":"too fast"}')

    report = told.run("describe", DUE, ENVIRON)

    assert len(told.sent) == 1
    assert "130101" in report["warnings"][0]


def test_what_failed_keeps_its_row_and_is_told_besides() -> None:
    told = chat(leased("soon", 1))
    ids = [told.stage.id_of("soon"), "i-unknown"]

    with pytest.raises(Incomplete, match="i-unknown"):
        told.run("describe", {"instance_ids": ids, "releases_within": "2h"})

    assert len(told.sent) == 2
