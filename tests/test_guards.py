"""Guards: what protects one instance against which harm, and until when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.guards import Guard, Harm
from shared.model import Instance, Status
from shared.times import CHINA

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
FREE = Instance("i-1", "cn-hangzhou", NOW, Status.RUNNING, charge_type="PostPaid")
TOKYO = timezone(timedelta(hours=9))


def tagged(tags: Mapping[str, str]) -> Instance:
    return replace(FREE, tags=tags)


CASES = [
    pytest.param(FREE, "", "", id="nothing"),
    pytest.param(tagged({"team": "dev", "other:curfew": "x"}), "", "", id="other-tags"),
    pytest.param(
        tagged({"curfew:protect": ""}), "tag curfew:protect", "tag curfew:protect", id="protect"
    ),
    pytest.param(
        tagged({"curfew:protect": "false"}),
        "tag curfew:protect",
        "tag curfew:protect",
        id="protect-whatever-its-value",
    ),
    pytest.param(
        tagged({" Curfew:PROTECT ": "x"}),
        "tag curfew:protect",
        "tag curfew:protect",
        id="protect-in-other-letters",
    ),
    pytest.param(
        tagged({"curfew:keep-until": "2026-11-24T12:00:01Z"}),
        "tag curfew:keep-until 2026-11-24T12:00:01Z",
        "tag curfew:keep-until 2026-11-24T12:00:01Z",
        id="kept-for-another-second",
    ),
    pytest.param(tagged({"curfew:keep-until": "2026-11-24T12:00:00Z"}), "", "", id="kept-till-now"),
    pytest.param(
        tagged({"curfew:keep-until": "someday"}),
        "tag curfew:keep-until, unreadable",
        "tag curfew:keep-until, unreadable",
        id="kept-until-nobody-knows",
    ),
    pytest.param(
        tagged({"curfew:keep-until": ""}),
        "tag curfew:keep-until, unreadable",
        "tag curfew:keep-until, unreadable",
        id="kept-until-nothing",
    ),
    pytest.param(
        tagged({"acs:autoscaling:scalingGroupId": "asg-1"}),
        "member of a group, tag acs:autoscaling:scalingGroupId",
        "member of a group, tag acs:autoscaling:scalingGroupId",
        id="scaling-group",
    ),
    pytest.param(
        tagged({"ack.aliyun.com": "c1"}),
        "member of a group, tag ack.aliyun.com",
        "member of a group, tag ack.aliyun.com",
        id="kubernetes-node",
    ),
    pytest.param(tagged({"ackermann": "x", "my:ack.": "x"}), "", "", id="no-kubernetes-node"),
    pytest.param(replace(FREE, locks=("financial",)), "", "financial lock", id="financial-lock"),
    pytest.param(
        replace(FREE, locks=("security",)), "security lock", "security lock", id="security-lock"
    ),
    pytest.param(
        replace(FREE, locks=("recycling",)), "recycling lock", "recycling lock", id="recycling-lock"
    ),
    pytest.param(
        replace(FREE, locks=("unknown",)), "unknown lock", "unknown lock", id="unknown-lock"
    ),
    pytest.param(
        replace(FREE, locks=("financial", "security")),
        "security lock",
        "financial lock; security lock",
        id="two-locks",
    ),
    pytest.param(
        replace(FREE, deletion_protection=True), "", "deletion protection", id="deletion-protection"
    ),
    pytest.param(
        replace(FREE, charge_type="PrePaid"), "", "charge type PrePaid", id="subscription"
    ),
    pytest.param(
        replace(FREE, charge_type=""), "", "charge type unknown", id="charge-type-not-shown"
    ),
    pytest.param(
        replace(
            FREE,
            tags={"curfew:protect": "", "curfew:keep-until": "2027-01-01"},
            locks=("security",),
            deletion_protection=True,
            charge_type="PrePaid",
        ),
        "tag curfew:protect; tag curfew:keep-until 2027-01-01; security lock",
        "tag curfew:protect; tag curfew:keep-until 2027-01-01; security lock; "
        "deletion protection; charge type PrePaid",
        id="everything-at-once",
    ),
]


@pytest.mark.parametrize(("instance", "against_outage", "against_loss"), CASES)
def test_each_guard_says_why(instance: Instance, against_outage: str, against_loss: str) -> None:
    assert Guard(Harm.OUTAGE).reason(instance, NOW) == against_outage
    assert Guard(Harm.LOSS).reason(instance, NOW) == against_loss


@pytest.mark.parametrize(("instance", "against_outage", "against_loss"), CASES)
def test_what_harms_nobody_is_never_guarded(
    instance: Instance, against_outage: str, against_loss: str
) -> None:
    assert Guard(Harm.NONE).reason(instance, NOW) == ""
    assert not against_outage or against_loss


@pytest.mark.parametrize(("instance", "against_outage", "against_loss"), CASES)
def test_guards_do_not_depend_on_the_status(
    instance: Instance, against_outage: str, against_loss: str
) -> None:
    in_every_status = [replace(instance, status=status) for status in Status]

    assert {Guard(Harm.OUTAGE).reason(one, NOW) for one in in_every_status} == {against_outage}
    assert {Guard(Harm.LOSS).reason(one, NOW) for one in in_every_status} == {against_loss}


@pytest.mark.parametrize(
    ("value", "zone", "last_kept"),
    [
        pytest.param(
            "2026-11-24",
            CHINA,
            datetime(2026, 11, 24, 15, 59, 59, tzinfo=timezone.utc),
            id="a-plain-date-is-kept-to-the-end-of-that-day-in-china",
        ),
        pytest.param(
            "2026-11-24",
            TOKYO,
            datetime(2026, 11, 24, 14, 59, 59, tzinfo=timezone.utc),
            id="or-in-the-zone-that-is-set",
        ),
        pytest.param(
            " 2026-11-24 ",
            timezone.utc,
            datetime(2026, 11, 24, 23, 59, 59, tzinfo=timezone.utc),
            id="spaces-around-do-not-matter",
        ),
        pytest.param(
            "2026-12-31",
            timezone.utc,
            datetime(2026, 12, 31, 23, 59, 59, tzinfo=timezone.utc),
            id="the-last-day-of-a-year",
        ),
        pytest.param(
            "2026-11-24T20:00:00+08:00",
            TOKYO,
            datetime(2026, 11, 24, 11, 59, 59, tzinfo=timezone.utc),
            id="an-instant-bears-its-own-zone",
        ),
        pytest.param(
            "2026-11-24T12:00Z",
            CHINA,
            datetime(2026, 11, 24, 11, 59, 59, tzinfo=timezone.utc),
            id="seconds-may-be-left-out",
        ),
    ],
)
def test_an_instance_is_kept_until_then_and_no_longer(
    value: str, zone: tzinfo, last_kept: datetime
) -> None:
    guard, instance = Guard(Harm.OUTAGE, zone), tagged({"curfew:keep-until": value})

    assert guard.reason(instance, last_kept) == f"tag curfew:keep-until {value.strip()}"
    assert guard.reason(instance, last_kept + timedelta(seconds=1)) == ""


@pytest.mark.parametrize(
    "value",
    [
        "2020-02-30",
        "2020-1-1",
        "2020-01- 1",
        "2020/01/01",
        "20200101",
        "2020-W01-1",
        "01-01-2020",
        "2020-01-01T00:00:00",
        "2020-01-01 00:00",
        "\N{FULLWIDTH DIGIT TWO}020-01-01",
        "9999-12-31",
        "0001-01-01T00:00:00+23:00",
        "never",
        "true",
    ],
)
def test_a_time_that_cannot_be_read_keeps_for_ever(value: str) -> None:
    instance = tagged({"curfew:keep-until": value})

    assert Guard(Harm.OUTAGE).reason(instance, NOW) == "tag curfew:keep-until, unreadable"


@given(st.text("0123456789-: TZ+W", min_size=0, max_size=25) | st.text())
def test_only_a_time_that_is_over_lets_go(value: str) -> None:
    reason = Guard(Harm.OUTAGE).reason(tagged({"curfew:keep-until": value}), NOW)

    assert reason or re.match(r"\d{4}-\d\d-\d\d", value.strip(), re.ASCII)


@given(
    st.dictionaries(
        st.sampled_from(["a", "curfew:protect", "ack.x", "curfew:keep-until"]), st.text()
    ),
    st.lists(st.sampled_from(["financial", "security", "recycling", "odd"])),
    st.booleans(),
    st.sampled_from(["PostPaid", "PrePaid", ""]),
)
def test_one_protection_more_never_unprotects(
    tags: dict[str, str],
    locks: list[str],
    protected: bool,  # noqa: FBT001  # drawn
    charge_type: str,
) -> None:
    instance = replace(
        FREE, locks=tuple(locks), deletion_protection=protected, charge_type=charge_type
    )

    for harm in (Harm.OUTAGE, Harm.LOSS):
        fewer = Guard(harm).reason(instance, NOW)
        more = Guard(harm).reason(replace(instance, tags=tags), NOW)
        assert not fewer or fewer in more
