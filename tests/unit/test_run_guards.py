"""The guards on a whole run, each at its edge."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from shared.action import RequestTime
from shared.base.errors import InvalidEvent, Refused
from shared.domain.instance import Instance, Status
from shared.domain.plan_id import digest, make_plan_id
from shared.request.request import Request, decode
from shared.run_guards import (
    Spent,
    check_age,
    check_number,
    check_percent,
    check_place,
    check_plan,
)
from shared.settings.settings import Settings

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
ASKED = digest("stop", ["cn-hangzhou"], {"all": True})


def instances(count: int, region: str = "cn-hangzhou") -> list[Instance]:
    return [Instance(f"i-{number}", region, NOW, Status.RUNNING) for number in range(count)]


def request(**fields: object) -> Request:
    return decode(Request, {"all": True, **fields}, "stop")


@pytest.mark.parametrize(
    "age",
    [timedelta(0), timedelta(hours=6), timedelta(minutes=-5)],
    ids=["of-now", "oldest", "most-ahead"],
)
def test_an_event_of_its_time_passes(age: timedelta) -> None:
    check_age(RequestTime(NOW - age, NOW, Settings()))


BY_HAND = "To run it anyway, send only the request, without the trigger's fields around it"


@pytest.mark.parametrize(
    ("age", "error", "message"),
    [
        pytest.param(
            timedelta(hours=6, seconds=1),
            Refused,
            "the event was sent at 2026-11-24T13:59:59+08:00, 6 h 0 min ago; at most 6 h 0 min is "
            f"allowed (CURFEW_MAX_EVENT_AGE). {BY_HAND}",
            id="just-too-old",
        ),
        pytest.param(
            timedelta(days=2, hours=3),
            Refused,
            "the event was sent at 2026-11-22T17:00:00+08:00, 2 d 3 h ago; at most 6 h 0 min is "
            f"allowed (CURFEW_MAX_EVENT_AGE). {BY_HAND}",
            id="days-old",
        ),
        pytest.param(
            timedelta(minutes=-5, seconds=-1),
            InvalidEvent,
            "the event's time 2026-11-24T20:05:01+08:00 is 0 h 5 min ahead; at most 5 minutes are "
            "allowed for clocks that differ",
            id="of-the-future",
        ),
    ],
)
def test_an_event_of_another_time_is_refused(
    age: timedelta, error: type[Exception], message: str
) -> None:
    with pytest.raises((Refused, InvalidEvent)) as caught:
        check_age(RequestTime(NOW - age, NOW, Settings()))

    assert (type(caught.value), str(caught.value)) == (error, message)


def test_the_operator_says_how_old_an_event_may_be() -> None:
    at, settings = NOW - timedelta(minutes=11), Settings(max_event_age=timedelta(minutes=11))

    check_age(RequestTime(at, NOW, settings))
    with pytest.raises(Refused, match="at most 0 h 10 min"):
        check_age(RequestTime(at, NOW, Settings(max_event_age=timedelta(minutes=10))))


def test_an_events_time_is_told_in_the_operators_zone() -> None:
    settings = Settings(zone=timezone(timedelta(hours=-5)))

    with pytest.raises(Refused, match="the event was sent at 2026-11-23T07:00:00-05:00, 1 d 0 h"):
        check_age(RequestTime(NOW - timedelta(days=1), NOW, settings))


@pytest.mark.parametrize(
    ("account", "regions", "message"),
    [
        ("2", ["cn-hangzhou"], "account 2 is not among CURFEW_ACCOUNTS"),
        ("", ["cn-hangzhou"], "account unknown is not among CURFEW_ACCOUNTS"),
        ("1", ["cn-hangzhou", "cn-beijing"], "region cn-beijing is not among CURFEW_REGIONS"),
    ],
)
def test_other_accounts_and_regions_are_refused(
    account: str, regions: list[str], message: str
) -> None:
    settings = Settings(accounts=frozenset({"1"}), regions=frozenset({"cn-hangzhou"}))

    with pytest.raises(Refused) as caught:
        check_place(account, regions, settings)

    assert str(caught.value) == message


def test_any_place_is_right_where_none_is_named() -> None:
    check_place("", ["cn-hangzhou", "cn-beijing"], Settings())


@pytest.mark.parametrize(
    ("count", "stated", "setting", "refused"),
    [
        (100, None, 100, False),
        (101, None, 100, True),
        (101, 101, 100, True),
        (101, 1_000_000, 100, True),
        (100, 1_000_000, 100, False),
        (3, 2, 100, True),
        (2, 2, 1, True),
        (2, None, 1, True),
        (1, 2, 1, False),
        (0, 1, 1, False),
    ],
)
def test_the_operators_number_is_the_ceiling_and_a_request_can_only_lower_it(
    count: int,
    stated: int | None,
    setting: int,
    refused: bool,  # noqa: FBT001  # a table's column
) -> None:
    asked = request() if stated is None else request(max_instances=stated)
    settings = Settings(max_instances=setting)

    if not refused:
        check_number(instances(count), asked, settings, Spent())
        return
    with pytest.raises(Refused) as caught:
        check_number(instances(count), asked, settings, Spent())
    assert f"{count} instances would change, at most {min(stated or setting, setting)} may" in str(
        caught.value
    )
    assert "CURFEW_MAX_INSTANCES" in str(caught.value)


@pytest.mark.parametrize(
    ("count", "stated", "message"),
    [
        pytest.param(
            3,
            2,
            "3 instances would change, at most 2 may (max_instances of the request); nothing was "
            'done. If you mean all of them, set "max_instances": 3; CURFEW_MAX_INSTANCES allows 5 '
            "in one invocation",
            id="the-request-could-allow-more",
        ),
        pytest.param(
            5,
            2,
            "5 instances would change, at most 2 may (max_instances of the request); nothing was "
            'done. If you mean all of them, set "max_instances": 5; CURFEW_MAX_INSTANCES allows 5 '
            "in one invocation",
            id="the-request-could-just-allow-so-many",
        ),
        pytest.param(
            6,
            5,
            "6 instances would change, at most 5 may (max_instances of the request); nothing was "
            "done. CURFEW_MAX_INSTANCES allows 5 in one invocation",
            id="both-allow-as-many",
        ),
        pytest.param(
            6,
            2,
            "6 instances would change, at most 2 may (max_instances of the request); nothing was "
            "done. CURFEW_MAX_INSTANCES allows 5 in one invocation",
            id="the-request-could-not-allow-so-many",
        ),
        pytest.param(
            6,
            6,
            "6 instances would change, at most 5 may in one invocation (CURFEW_MAX_INSTANCES; a "
            "request can only lower it); nothing was done. Narrow the selection, or raise the "
            "variable if all are meant",
            id="the-operator-allows-fewer",
        ),
    ],
)
def test_a_number_that_is_too_high_is_told_with_the_way_out(
    count: int, stated: int, message: str
) -> None:
    with pytest.raises(Refused) as caught:
        check_number(
            instances(count), request(max_instances=stated), Settings(max_instances=5), Spent()
        )

    assert str(caught.value) == message


def test_what_earlier_messages_changed_counts_and_each_instance_counts_once() -> None:
    settings, spent = Settings(max_instances=5), Spent()
    spent.add(instances(4))

    check_number(instances(5), request(), settings, spent)
    with pytest.raises(Refused) as caught:
        check_number(instances(2, "cn-shanghai"), request(), settings, spent)

    assert str(caught.value) == (
        "2 instances would change, with those of earlier messages 6, at most 5 may in one "
        "invocation (CURFEW_MAX_INSTANCES; a request can only lower it); nothing was done. Narrow "
        "the selection, or raise the variable if all are meant"
    )


def test_a_message_that_changes_nothing_passes_whatever_was_changed_before() -> None:
    spent = Spent()
    spent.add(instances(9))

    check_number([], request(), Settings(max_instances=5), spent)


@pytest.mark.parametrize(
    ("change", "total", "percent", "allowed"),
    [
        (5, 5, 1, 5),
        (6, 6, 1, 5),
        (20, 100, 20, 20),
        (21, 100, 20, 20),
        (21, 109, 20, 21),
        (22, 109, 20, 21),
        (109, 109, 100, 109),
    ],
)
def test_the_share_of_a_region_is_capped_but_five_may_always_change(
    change: int, total: int, percent: int, allowed: int
) -> None:
    targets = [*instances(change), *instances(2, "cn-shanghai")]
    spent = Spent()
    spent.sizes |= {"cn-hangzhou": total, "cn-shanghai": 2}
    settings = Settings(max_percent=percent)

    if change <= allowed:
        check_percent(targets, spent, settings)
        return
    with pytest.raises(Refused) as caught:
        check_percent(targets, spent, settings)
    assert str(caught.value) == (
        f"{change} of {total} instances in cn-hangzhou would change, at most {allowed} may "
        f"(CURFEW_MAX_PERCENT is {percent}); nothing was done"
    )


def test_a_share_is_of_the_first_count_and_counts_what_was_changed_before() -> None:
    spent, settings = Spent(), Settings(max_percent=20)
    spent.sizes["cn-hangzhou"] = 50
    hundred = instances(100)
    spent.add(hundred[:8])

    check_percent(hundred[:10], spent, settings)
    check_percent(hundred[8:10], spent, settings)
    with pytest.raises(Refused, match="11 of 50 instances in cn-hangzhou would change, at most 10"):
        check_percent(hundred[8:11], spent, settings)


def test_what_was_changed_before_in_another_region_is_no_part_of_a_share() -> None:
    spent, settings = Spent(), Settings(max_percent=20)
    spent.sizes |= {"cn-hangzhou": 50, "cn-shanghai": 50}
    spent.add(instances(10, "cn-shanghai"))

    check_percent(instances(10), spent, settings)
    with pytest.raises(Refused, match="11 of 50 instances in cn-hangzhou would change"):
        check_percent(instances(11), spent, settings)


def members(count: int) -> dict[str, str]:
    """What stands for instances in a plan that does the same to all of them."""
    return {one.id: one.id for one in instances(count)}


def test_a_request_without_a_plan_is_not_held_to_one() -> None:
    check_plan(members(3), ASKED, request())


@pytest.mark.parametrize("count", [0, 2, 3])
def test_what_was_planned_may_change_and_so_may_less(count: int) -> None:
    plan_id = make_plan_id(ASKED, members(3))

    check_plan(members(count), ASKED, request(plan_id=plan_id))


def test_what_was_not_planned_stops_everything_and_is_named() -> None:
    plan_id = make_plan_id(ASKED, members(1))

    with pytest.raises(Refused) as caught:
        check_plan(members(8), ASKED, request(plan_id=plan_id))

    assert str(caught.value) == (
        "7 instances would change that are not in the plan: i-1, i-2, i-3, i-4, i-5, …; nothing "
        "was done. Do a new dry run and confirm that one"
    )


def test_as_many_as_are_named_are_all_named() -> None:
    plan_id = make_plan_id(ASKED, members(1))

    with pytest.raises(Refused, match="not in the plan: i-1, i-2, i-3, i-4, i-5; nothing was done"):
        check_plan(members(6), ASKED, request(plan_id=plan_id))


def test_the_plan_of_another_request_is_refused_even_for_the_same_instances() -> None:
    other = digest("release", ["cn-hangzhou"], {"all": True})
    plan_id = make_plan_id(other, members(2))

    said = r"another request: .* every field but dry_run, max_instances and notify must be as"
    with pytest.raises(Refused, match=said):
        check_plan(members(2), ASKED, request(plan_id=plan_id))
