"""The JSON that a server of one's own gets before a release: every row, each with its link."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.base.errors import Refused
from shared.notify import generic
from shared.notify.channels import Channel, Kind
from shared.notify.leases import Linking
from shared.notify.links import read_lease
from shared.notify.message import Run
from shared.notify.outgoing import Answer
from tests.unit.notify.runs import ACCOUNT, NOW, before, leased, report, row, run

KEY = "k" * 32
LINKING = Linking(ACCOUNT, "https://keep.example.com", KEY)
CHANNEL = Channel(Kind.GENERIC, "https://ops.example.com/x", "", 1)


def sent(told: Run, linking: Linking = LINKING) -> dict[str, Any]:
    return dict(json.loads(generic.request(CHANNEL, told, linking, NOW).body))


def test_every_row_is_there_however_many_a_report_shows() -> None:
    body = sent(run(before(*(leased(number) for number in range(300)))))

    assert len(body["instances"]) == 300
    assert "instances_omitted" not in body
    links = [one["keep_url"].partition("?lease=")[2] for one in body["instances"]]
    assert {getattr(read_lease(one, KEY), "instance_id", "") for one in links} == {
        one["id"] for one in body["instances"]
    }


def test_only_who_is_released_by_then_has_a_link() -> None:
    soon = leased(1)

    body = sent(run(before(soon, leased(2, hours=73), row(3))))

    assert len(body["instances"]) == 3
    assert [one["id"] for one in body["instances"] if "keep_url" in one] == [soon.instance.id]


def test_of_a_report_that_was_cut_it_is_said_how_many_are_left_out() -> None:
    whole = before(*(leased(number) for number in range(300)))

    body = sent(run(whole.cut_to(100)))

    assert (len(body["instances"]), body["instances_omitted"]) == (100, 200)


def test_a_notice_of_nobody_has_no_rows_and_leaves_out_none() -> None:
    body = sent(run(before()))

    assert body["instances"] == []
    assert "instances_omitted" not in body


def test_without_links_no_row_has_one() -> None:
    body = sent(run(before(leased(1))), Linking(ACCOUNT, "", ""))

    assert "keep_url" not in body["instances"][0]


def test_names_are_sent_as_they_are_written() -> None:
    made = generic.request(CHANNEL, run(report(row(1, name="测试\u202e\ud800"))), LINKING, NOW)

    assert "测试".encode() in made.body
    assert json.loads(made.body)["instances"][0]["name"] == "测试\u202e\ud800"


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (run(report(row(1)), report(row(2))), "complete"),
        (run(report(row(1)), report()), "complete"),
        (run(report(), report()), "nothing_matched"),
        (run(report(row(1)), Refused("no")), "incomplete"),
    ],
    ids=["done", "partly-nothing", "nothing", "refused"],
)
def test_a_list_says_what_became_of_all_of_it(told: Run, outcome: str) -> None:
    assert sent(told)["outcome"] == outcome


@pytest.mark.parametrize("status", [100, 199, 300, 301, 400, 500])
def test_another_status_than_of_success_is_told(status: int) -> None:
    assert generic.problem(Answer(status, b"ok")) == f"HTTP {status}"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_status_of_success_will_do(status: int) -> None:
    assert generic.problem(Answer(status, b"")) == ""
