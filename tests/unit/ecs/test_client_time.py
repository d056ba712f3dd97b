"""One region's calls and the time: the deadline, bounds, questions that are asked once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.base.clock import Deadline
from shared.base.errors import Unavailable
from shared.domain.outcome import NotSent
from shared.ecs.client import READ_TIMEOUT_S
from shared.ecs.transport import ErrorResponse, NoResponse
from tests.unit.ecs.scripted import (
    BODY,
    BOTH,
    LATER,
    SOON,
    START,
    THROTTLED,
    Act,
    make,
    through_write,
)


@pytest.mark.parametrize("timeout_s", [3, 10, 60, 600, 86_400])
@pytest.mark.parametrize("left_s", [0.001, 0.5, 3.0, 20.0])
@pytest.mark.parametrize("takes_s", [0.5, 7.0, 1e9])
@BOTH
def test_no_call_lasts_into_the_time_of_the_report(
    act: Act, takes_s: float, left_s: float, timeout_s: float
) -> None:
    """The last one may still run when work ends, but its answer comes before the kill."""
    api, script = make(NoResponse("no response in time"), timeout_s=timeout_s, takes_s=takes_s)
    deadline = Deadline.after(START, timedelta(seconds=timeout_s))
    script.clock.advance(max(timedelta(0), deadline.work_until - START - timedelta(seconds=left_s)))

    with pytest.raises((Unavailable, NoResponse)):
        act(api)

    assert script.clock.now() < deadline.killed_at


@BOTH
def test_the_last_call_has_half_of_what_is_kept_for_the_report(act: Act) -> None:
    api, script = make(BODY, timeout_s=600)
    script.clock.advance(timedelta(seconds=595))

    act(api)

    assert script.timeouts == [2.5]


@BOTH
def test_no_call_begins_when_work_has_ended(act: Act) -> None:
    api, script = make(BODY, timeout_s=60)
    script.clock.advance(timedelta(seconds=57.001))

    if act is through_write:
        assert act(api) == NotSent()
    else:
        with pytest.raises(Unavailable):
            act(api)

    assert script.sent == []


def test_reads_that_are_bounded_end_in_time_and_the_others_go_on() -> None:
    api, script = make(NoResponse("no connection"), takes_s=9)
    bounded = api.reading_until(SOON)

    with pytest.raises(Unavailable):
        bounded.read("DescribeInstances", {})
    ended_at = script.clock.now()
    script.says = [BODY]
    answer = api.read("DescribeInstances", {})

    assert ended_at <= SOON + timedelta(seconds=0.2)
    assert answer.body == BODY


def test_a_bounded_read_is_given_no_more_time_than_is_left() -> None:
    api, script = make(BODY)
    script.clock.advance(timedelta(seconds=14))

    api.reading_until(SOON).read("DescribeInstances", {})
    api.read("DescribeInstances", {})

    assert script.timeouts == [6.0, READ_TIMEOUT_S]


def test_no_bound_is_later_than_the_deadline() -> None:
    api, script = make(NoResponse("no connection"), timeout_s=60, takes_s=9)

    with pytest.raises(Unavailable):
        api.reading_until(LATER).read("DescribeInstances", {})

    assert script.clock.now() <= START + timedelta(seconds=60)


def test_bounded_calls_share_pace_and_count_with_the_others() -> None:
    api, script = make(THROTTLED, THROTTLED, THROTTLED, BODY)
    unhurried = api.outlook("DescribeInstances", script.clock.now())

    api.reading_until(START + timedelta(minutes=5)).read("DescribeInstances", {})

    assert api.outlook("DescribeInstances", script.clock.now()) != unhurried
    assert api.calls == 4


IN_THREE_SECONDS = START + timedelta(seconds=3)


def test_a_question_that_is_asked_once_takes_no_longer_than_it_may() -> None:
    api, script = make(BODY, takes_s=60)

    answer = api.ask_once("DescribeInstances", {"MaxResults": "100"}, IN_THREE_SECONDS)

    assert answer is not None
    assert answer.body == BODY
    assert script.sent == [("DescribeInstances", {"RegionId": "cn-hangzhou", "MaxResults": "100"})]
    assert script.timeouts == [3.0]


def test_a_question_that_is_asked_at_the_last_moment_has_a_moment_left() -> None:
    api, script = make(BODY)
    script.clock.advance(timedelta(seconds=3))

    assert api.ask_once("DescribeInstances", {}, IN_THREE_SECONDS) is not None
    assert script.timeouts == [0.1]


@pytest.mark.parametrize(
    "failure",
    [
        NoResponse("no connection"),
        NoResponse("no host of that name", unresolved=True),
        ErrorResponse(500, "InternalError", ""),
        ErrorResponse(403, "Forbidden.RAM", ""),
        ErrorResponse(404, "InvalidAccessKeyId.NotFound", ""),
    ],
    ids=repr,
)
def test_a_question_that_is_asked_once_is_not_repeated_and_fails_nothing(
    failure: Exception,
) -> None:
    api, script = make(failure)

    assert api.ask_once("DescribeInstances", {}, IN_THREE_SECONDS) is None
    assert len(script.sent) == 1


@pytest.mark.parametrize(
    ("region", "failure"),
    [
        ("cn-hangzhou", ErrorResponse(404, "InvalidRegionId.NotFound", "")),
        ("cn-hangzou", ErrorResponse(404, "InvalidRegionId.NotFound", "")),
        ("cn-hangzou", NoResponse("no host of that name", unresolved=True)),
    ],
    ids=repr,
)
def test_a_question_to_a_region_that_ecs_does_not_know_says_so(
    region: str, failure: Exception
) -> None:
    api, _ = make(failure, region=region)

    with pytest.raises(Unavailable, match=f"^{region} is not a region that ECS knows") as caught:
        api.ask_once("DescribeInstances", {}, IN_THREE_SECONDS)
    assert caught.value.unknown_region


def test_a_question_that_is_asked_once_waits_for_its_turn_no_longer_than_it_may() -> None:
    api, script = make(THROTTLED)

    assert api.ask_once("DescribeInstances", {}, IN_THREE_SECONDS) is None
    assert script.clock.now() <= IN_THREE_SECONDS
