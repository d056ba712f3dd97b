"""Lists by token and by page number."""

from __future__ import annotations

import json

import pytest

from local.ecs.account.quirks import Quirks
from local.ecs.fleet.fleet import InstanceSpec
from tests.harness.desk import Desk, names


def many(count: int) -> Desk:
    return Desk(*(InstanceSpec(f"web-{number:03d}") for number in range(count)))


@pytest.mark.parametrize(
    ("asked", "shown"), [("1", 10), ("10", 10), ("37", 37), ("100", 100), ("5000", 100)]
)
def test_max_results_is_clamped(asked: str, shown: int) -> None:
    answer = many(120).ask("DescribeInstances", MaxResults=asked)

    assert (len(answer["Instances"]["Instance"]), answer["PageSize"]) == (shown, shown)


def test_ten_are_shown_unless_told() -> None:
    answer = many(12).ask("DescribeInstances")

    assert len(answer["Instances"]["Instance"]) == 10
    assert (answer["TotalCount"], answer["PageNumber"], answer["PageSize"]) == (12, 1, 10)
    assert answer["NextToken"] != ""


def test_tokens_lead_to_the_end_once_and_total_count_means_nothing() -> None:
    desk = many(35)
    token, found, totals = "", [], set()

    while True:
        answer = desk.ask("DescribeInstances", MaxResults="10", NextToken=token)
        found += [each["InstanceName"] for each in answer["Instances"]["Instance"]]
        totals.add(answer["TotalCount"])
        token = answer["NextToken"]
        if not token:
            break

    assert found == [f"web-{number:03d}" for number in range(35)]
    assert totals == {0}


def test_tokens_survive_deletions_and_additions() -> None:
    desk = many(30)
    first = desk.ask("DescribeInstances", MaxResults="10")
    shown = [each["InstanceId"] for each in first["Instances"]["Instance"]]

    for each in (*shown[5:], desk.ids()[12]):
        desk.ecs.release(each)
    desk.ecs.add(InstanceSpec("late"))

    rest = names(desk, NextToken=first["NextToken"])
    expected = [f"web-{number:03d}" for number in range(10, 30) if number != 12]
    assert rest == [*expected, "late"]


def test_a_page_number_shows_that_page_and_no_token() -> None:
    desk = many(25)

    answer = desk.ask("DescribeInstances", PageNumber="3", PageSize="10")
    middle = desk.ask("DescribeInstances", PageNumber="2", PageSize="10")
    beyond = desk.ask("DescribeInstances", PageNumber="4", PageSize="10")

    shown = [each["InstanceName"] for each in answer["Instances"]["Instance"]]
    assert shown == [f"web-{number:03d}" for number in range(20, 25)]
    assert (answer["TotalCount"], answer["PageNumber"], answer["NextToken"]) == (25, 3, "")
    assert (len(middle["Instances"]["Instance"]), middle["NextToken"]) == (10, "")
    assert (beyond["Instances"]["Instance"], beyond["TotalCount"]) == ([], 25)


def test_a_token_wins_over_a_page_number() -> None:
    desk = many(25)
    token = desk.ask("DescribeInstances", MaxResults="10")["NextToken"]

    assert names(desk, NextToken=token, PageNumber="1")[0] == "web-010"


def test_ids_are_paged_like_everything_else() -> None:
    desk = many(15)

    answer = desk.ask("DescribeInstances", InstanceIds=json.dumps(desk.ids()))

    assert len(answer["Instances"]["Instance"]) == 10


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("DescribeInstances", {}),
        ("DescribeDisks", {}),
        ("DescribeSnapshots", {}),
        ("ListTagResources", {"ResourceType": "instance", "Tag.1.Key": "env"}),
    ],
)
def test_an_empty_token_begins_anew_or_by_the_quirk_is_refused(
    action: str, parameters: dict[str, str]
) -> None:
    spec = InstanceSpec("web", tags={"env": "dev"})
    kind, strict = Desk(spec), Desk(spec, quirks=Quirks(empty_token_is_refused=True))

    assert kind.ask(action, NextToken="", **parameters) == kind.ask(action, **parameters)
    refusal = strict.refusal(action, NextToken="", **parameters)
    assert refusal == (400, "InvalidParameter")
    assert strict.ask(action, **parameters)
