"""The guards on a whole run, each at its edge."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from shared.action import Asked
from shared.errors import InvalidEvent, Refused
from shared.limits import check_age, check_number, check_percent, check_place, check_plan
from shared.model import Instance, Status
from shared.plan_id import digest, make_plan_id
from shared.requests import Request, decode
from shared.settings import Settings

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
    check_age(Asked(NOW - age, NOW, Settings()), Settings())


@pytest.mark.parametrize(
    ("age", "error", "message"),
    [
        pytest.param(
            timedelta(hours=6, seconds=1),
            Refused,
            "the event is of 2026-11-24 05:59 UTC, 6 h 0 min old; at most 6 h 0 min is allowed "
            "(CURFEW_MAX_EVENT_AGE)",
            id="just-too-old",
        ),
        pytest.param(
            timedelta(days=2, hours=3),
            Refused,
            "the event is of 2026-11-22 09:00 UTC, 2 d 3 h old; at most 6 h 0 min is allowed "
            "(CURFEW_MAX_EVENT_AGE)",
            id="days-old",
        ),
        pytest.param(
            timedelta(minutes=-5, seconds=-1),
            InvalidEvent,
            "the event's time 2026-11-24 12:05 UTC is 0 h 5 min ahead; at most 5 minutes can be a "
            "wrong clock",
            id="of-the-future",
        ),
    ],
)
def test_an_event_of_another_time_is_refused(
    age: timedelta, error: type[Exception], message: str
) -> None:
    with pytest.raises((Refused, InvalidEvent)) as caught:
        check_age(Asked(NOW - age, NOW, Settings()), Settings())

    assert (type(caught.value), str(caught.value)) == (error, message)


def test_the_operator_says_how_old_an_event_may_be() -> None:
    asked = Asked(NOW - timedelta(minutes=11), NOW, Settings())

    check_age(asked, Settings(max_event_age=timedelta(minutes=11)))
    with pytest.raises(Refused, match="at most 0 h 10 min"):
        check_age(asked, Settings(max_event_age=timedelta(minutes=10)))


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
        (101, 101, 100, False),
        (3, 2, 100, True),
        (2, 2, 1, False),
        (2, None, 1, True),
        (0, 1, 1, False),
    ],
)
def test_the_cap_is_the_requests_or_else_the_operators(
    count: int,
    stated: int | None,
    setting: int,
    refused: bool,  # noqa: FBT001  # a table's column
) -> None:
    asked = request() if stated is None else request(max_instances=stated)
    settings = Settings(max_instances=setting)

    if not refused:
        check_number(instances(count), asked, settings)
        return
    with pytest.raises(Refused) as caught:
        check_number(instances(count), asked, settings)
    assert str(caught.value) == (
        f"{count} instances would change, at most {stated or setting} may; nothing was done. "
        f'If all {count} are meant, state "max_instances": {count}'
    )


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
    inventory = {"cn-hangzhou": total, "cn-shanghai": 2}
    settings = Settings(max_percent=percent)

    if change <= allowed:
        check_percent(targets, inventory, settings)
        return
    with pytest.raises(Refused) as caught:
        check_percent(targets, inventory, settings)
    assert str(caught.value) == (
        f"{change} of {total} instances in cn-hangzhou would change, at most {allowed} may "
        f"(CURFEW_MAX_PERCENT is {percent}); nothing was done"
    )


def test_a_request_without_a_plan_is_not_held_to_one() -> None:
    check_plan(instances(3), ASKED, request())


@pytest.mark.parametrize("count", [0, 2, 3])
def test_what_was_planned_may_change_and_so_may_less(count: int) -> None:
    plan_id = make_plan_id(ASKED, (one.id for one in instances(3)))

    check_plan(instances(count), ASKED, request(plan_id=plan_id))


def test_what_was_not_planned_stops_everything_and_is_named() -> None:
    plan_id = make_plan_id(ASKED, ["i-0"])

    with pytest.raises(Refused) as caught:
        check_plan(instances(8), ASKED, request(plan_id=plan_id))

    assert str(caught.value) == (
        "7 instances would change that are not in the plan: i-1, i-2, i-3, i-4, i-5, …; nothing "
        "was done. Make a new dry run and confirm that"
    )


def test_as_many_as_are_named_are_all_named() -> None:
    plan_id = make_plan_id(ASKED, ["i-0"])

    with pytest.raises(Refused, match="not in the plan: i-1, i-2, i-3, i-4, i-5; nothing was done"):
        check_plan(instances(6), ASKED, request(plan_id=plan_id))


def test_the_plan_of_another_request_is_refused_even_for_the_same_instances() -> None:
    other = digest("release", ["cn-hangzhou"], {"all": True})
    plan_id = make_plan_id(other, (one.id for one in instances(2)))

    with pytest.raises(Refused, match="plan_id is of another request"):
        check_plan(instances(2), ASKED, request(plan_id=plan_id))
