"""Guards: what protects one instance against which harm, and until when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.domain.guards import Guard, Harm, guard_of, unknown_keys
from shared.domain.instance import Instance, Status
from shared.settings import Settings
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
        "tag curfew:keep-until 2026-11-24T12:00:01Z (= 2026-11-24T20:00:01+08:00)",
        "tag curfew:keep-until 2026-11-24T12:00:01Z (= 2026-11-24T20:00:01+08:00)",
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
    pytest.param(
        tagged({"acs:emr:clusterId": "c-1"}),
        "member of a group, tag acs:emr:clusterId",
        "member of a group, tag acs:emr:clusterId",
        id="emr-node",
    ),
    pytest.param(
        tagged({"ehpc.cluster": "c-1"}),
        "member of a group, tag ehpc.cluster",
        "member of a group, tag ehpc.cluster",
        id="hpc-node",
    ),
    pytest.param(tagged({"acs:emrs": "x", "ehpcs": "x"}), "", "", id="no-emr-or-hpc-node"),
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


@pytest.mark.promise("S2")
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


UNTIL_2027 = "tag curfew:keep-off-until 2027-01-01"


@pytest.mark.parametrize(
    ("tags", "against_start"),
    [
        ({"curfew:protect": ""}, "tag curfew:protect"),
        ({"curfew:keep-off-until": "2027-01-01"}, UNTIL_2027),
        ({" Curfew:Keep-Off-Until": " 2027-01-01 "}, UNTIL_2027),
        ({"curfew:keep-off-until": "2026-11-24"}, "tag curfew:keep-off-until 2026-11-24"),
        ({"curfew:keep-off-until": "2026-11-23"}, ""),
        ({"curfew:keep-off-until": "2026-11-24T12:00:00Z"}, ""),
        ({"curfew:keep-off-until": ""}, "tag curfew:keep-off-until, unreadable"),
        ({"curfew:keep-off-until": "spring"}, "tag curfew:keep-off-until, unreadable"),
        ({"curfew:keep-of-until": "2020-01-01"}, "tag curfew:keep-of-until is not understood"),
        ({"curfew:keep-until": "2027-01-01"}, ""),
        ({"acs:autoscaling:scalingGroupId": "asg-1", "ack.aliyun.com": "c1"}, ""),
    ],
    ids=str,
)
def test_a_start_is_guarded_by_what_keeps_an_instance_off(
    tags: dict[str, str], against_start: str
) -> None:
    locked = replace(
        tagged(tags), locks=("security",), deletion_protection=True, charge_type="PrePaid"
    )

    assert Guard(Harm.COST).reason(tagged(tags), NOW) == against_start
    assert Guard(Harm.COST).reason(locked, NOW) == against_start


@pytest.mark.parametrize("harm", [Harm.OUTAGE, Harm.LOSS])
@pytest.mark.parametrize("value", ["2099-01-01", "", "spring"])
def test_what_is_kept_off_may_be_stopped_and_released(harm: Harm, value: str) -> None:
    assert Guard(harm).reason(tagged({"curfew:keep-off-until": value}), NOW) == ""


@pytest.mark.parametrize("harm", [Harm.COST, Harm.OUTAGE, Harm.LOSS])
@pytest.mark.parametrize(
    "key",
    [
        "curfew\N{FULLWIDTH COLON}protect",
        "curfew: protect",
        " curfew:\N{NO-BREAK SPACE}protect\N{IDEOGRAPHIC SPACE}",
        "cur\tfew:protect\n",
        "curfew:pro\N{ZERO WIDTH SPACE}tect",
        "\N{ZERO WIDTH NO-BREAK SPACE}curfew:protect",
        "curfew:\N{RIGHT-TO-LEFT MARK}protect",
        "curfew\N{WORD JOINER}:protect\N{SOFT HYPHEN}",
        "curfew:protect\N{VARIATION SELECTOR-16}",
        "curfew:\N{HANGUL FILLER}protect\N{BRAILLE PATTERN BLANK}",
        "CURFEW:PROTECT",
        "\N{FULLWIDTH LATIN SMALL LETTER C}urfew:protect",
        "\N{MATHEMATICAL BOLD SMALL C}urfew:protec\N{MATHEMATICAL BOLD SMALL T}",
        "curfew:protect\x00",
    ],
    ids=ascii,
)
def test_a_key_that_looks_like_the_guard_is_the_guard(key: str, harm: Harm) -> None:
    assert Guard(harm).reason(tagged({key: "x"}), NOW) == "tag curfew:protect"
    assert unknown_keys(tagged({key: "x"}), Guard(harm)) == []


UNKNOWN = [
    "curfew",
    "curfew:",
    "curfew:protected",
    "curfew:keep_until",
    "curfew:keepuntil",
    "curfew:keep\N{EN DASH}until",
    "curfew-protect",
    "curfew_protect",
    "curfew.protect",
    "curfew/protect",
    "curfew\N{RATIO}protect",
    "curfewprotect",
    "Curfew Protect",
    "curfew:other",
    "curfews:anything",
    "curfew-managed",
    "curfew:prot\N{CYRILLIC SMALL LETTER IE}ct",
    "cufrew:protect",
    "ucrfew:protect",
    "curfwe:protect",
    "curfw:keep-until",
    "urfew:protect",
    "curfe:protect",
    "currfew:protect",
    "xcurfew:protect",
    "cerfew-protect",
    "kurfew_keep_until",
    "curfev:keep-off-until",
    "curfw protect",
    "curfwprotect",
    "\N{CYRILLIC SMALL LETTER ES}urfew:protect",
    "c\N{LATIN SMALL LETTER U WITH ACUTE}rfew:protect",
    ":curfew:protect",
    '"curfew:protect"',
    "cur-few:protect",
]


@pytest.mark.parametrize("harm", [Harm.COST, Harm.OUTAGE, Harm.LOSS])
@pytest.mark.parametrize("key", UNKNOWN, ids=ascii)
def test_a_key_that_is_nearly_a_guard_protects_and_is_named(key: str, harm: Harm) -> None:
    one = tagged({key: "2020-01-01"})

    assert Guard(harm).reason(one, NOW) == f"tag {key} is not understood"
    assert unknown_keys(one, Guard(harm)) == [key]


def test_what_cannot_be_seen_in_a_key_is_written_out() -> None:
    reason = Guard(Harm.OUTAGE).reason(tagged({"curfew:prote\u200bcted": ""}), NOW)

    assert reason == r"tag curfew:prote\u200bcted is not understood"


@pytest.mark.parametrize(
    "key",
    [
        "curfew:schedule",
        "Curfew:Schedule ",
        "curfew:release-of",
        "team",
        "protect",
        "keep-until",
        "my-curfew:protect",
        "fewer:protect",
        "curve:protect",
        "curf:protect",
        "crufwe:protect",
        "curfw:team",
        "curfw:schedule",
        "curfw",
        "x:protect",
        "",
        "\N{CJK UNIFIED IDEOGRAPH-4FDD}\N{CJK UNIFIED IDEOGRAPH-62A4}",
    ],
    ids=ascii,
)
def test_other_keys_guard_nothing(key: str) -> None:
    one = tagged({key: "x"})

    assert {Guard(harm).reason(one, NOW) for harm in Harm} == {""}
    assert unknown_keys(one, Guard(Harm.LOSS)) == []


ONLY: Mapping[str, str | tuple[str, ...]] = {
    "lifecycle": "managed",
    "team": ("dev", "ops"),
    "curfew-owner": "*",
}
BOUND = {"lifecycle": "managed", "team": "ops", "curfew-owner": "who"}


@pytest.mark.parametrize("harm", Harm)
def test_whoever_has_all_tags_of_the_operator_is_free(harm: Harm) -> None:
    assert guard_of(harm, Settings(only_tags=ONLY)).reason(tagged(BOUND), NOW) == ""


@pytest.mark.parametrize("harm", Harm)
@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ({"lifecycle": "Managed"}, "lifecycle=managed"),
        ({"lifecycle": ""}, "lifecycle=managed"),
        ({"lifecycle": None}, "lifecycle=managed"),
        ({"team": "qa"}, "team=dev|ops"),
        ({"team": None}, "team=dev|ops"),
        ({"curfew-owner": None}, "curfew-owner"),
    ],
    ids=str,
)
def test_whoever_lacks_a_tag_of_the_operator_is_guarded_against_everything(
    harm: Harm, lacking: dict[str, str | None], named: str
) -> None:
    tags = {key: value for key, value in {**BOUND, **lacking}.items() if value is not None}

    reason = guard_of(harm, Settings(only_tags=ONLY)).reason(tagged(tags), NOW)

    assert reason == f"without tag {named} (CURFEW_ONLY_TAGS)"


def test_a_key_that_the_operator_names_is_known_and_one_nearly_like_it_is_not() -> None:
    guard = guard_of(Harm.OUTAGE, Settings(only_tags=ONLY))

    assert unknown_keys(tagged({"curfew-owner": "", "Curfew-Owner": ""}), guard) == []
    assert unknown_keys(tagged({"curfew-owners": ""}), guard) == ["curfew-owners"]
    assert unknown_keys(tagged({"curfew-owner": ""}), Guard(Harm.OUTAGE)) == ["curfew-owner"]


def test_a_guard_counts_days_in_the_operators_zone() -> None:
    one = tagged({"curfew:keep-until": "2026-11-24", "curfew:keep-off-until": "2026-11-24"})
    evening = datetime(2026, 11, 24, 15, 30, tzinfo=timezone.utc)

    for harm in (Harm.COST, Harm.OUTAGE, Harm.LOSS):
        assert guard_of(harm, Settings()).reason(one, evening)
        assert not guard_of(harm, Settings(zone=TOKYO)).reason(one, evening)


@pytest.mark.parametrize(("instance", "against_outage", "against_loss"), CASES)
def test_guards_do_not_depend_on_the_status(
    instance: Instance, against_outage: str, against_loss: str
) -> None:
    in_every_status = [replace(instance, status=status) for status in Status]

    assert {Guard(Harm.OUTAGE).reason(one, NOW) for one in in_every_status} == {against_outage}
    assert {Guard(Harm.LOSS).reason(one, NOW) for one in in_every_status} == {against_loss}


@pytest.mark.parametrize(
    ("value", "zone", "last_kept", "local"),
    [
        pytest.param(
            "2026-11-24",
            CHINA,
            datetime(2026, 11, 24, 15, 59, 59, tzinfo=timezone.utc),
            "",
            id="a-plain-date-is-kept-to-the-end-of-that-day-in-china",
        ),
        pytest.param(
            "2026-11-24",
            TOKYO,
            datetime(2026, 11, 24, 14, 59, 59, tzinfo=timezone.utc),
            "",
            id="or-in-the-zone-that-is-set",
        ),
        pytest.param(
            " 2026-11-24 ",
            timezone.utc,
            datetime(2026, 11, 24, 23, 59, 59, tzinfo=timezone.utc),
            "",
            id="spaces-around-do-not-matter",
        ),
        pytest.param(
            "2026-12-31",
            timezone.utc,
            datetime(2026, 12, 31, 23, 59, 59, tzinfo=timezone.utc),
            "",
            id="the-last-day-of-a-year",
        ),
        pytest.param(
            "2026-11-24T20:00:00+08:00",
            TOKYO,
            datetime(2026, 11, 24, 11, 59, 59, tzinfo=timezone.utc),
            " (= 2026-11-24T21:00:00+09:00)",
            id="an-instant-bears-its-own-zone",
        ),
        pytest.param(
            "2026-11-24T12:00Z",
            CHINA,
            datetime(2026, 11, 24, 11, 59, 59, tzinfo=timezone.utc),
            " (= 2026-11-24T20:00:00+08:00)",
            id="seconds-may-be-left-out",
        ),
        pytest.param(
            "2026-11-24t20:00:00+08:00",
            CHINA,
            datetime(2026, 11, 24, 11, 59, 59, tzinfo=timezone.utc),
            "",
            id="in-the-zone-that-is-set-it-is-not-repeated",
        ),
        pytest.param(
            "2026-11-24T12:00:00z",
            timezone.utc,
            datetime(2026, 11, 24, 11, 59, 59, tzinfo=timezone.utc),
            "",
            id="nor-in-utc",
        ),
    ],
)
def test_an_instance_is_kept_until_then_and_no_longer(
    value: str, zone: tzinfo, last_kept: datetime, local: str
) -> None:
    guard, instance = Guard(Harm.OUTAGE, zone), tagged({"curfew:keep-until": value})

    assert guard.reason(instance, last_kept) == f"tag curfew:keep-until {value.strip()}{local}"
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
        st.sampled_from(["a", "curfew:protect", "ack.x", "curfew:keep-until", "curfew:x"]),
        st.text(),
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


IN_AN_HOUR = NOW + timedelta(hours=1)
ALL_THE_SAME = "ECS will still release it at 2026-11-24T21:00:00+08:00: clear the release time "


@pytest.mark.parametrize(
    ("fields", "only_tags", "said"),
    [
        pytest.param({"tags": {"curfew:protect": ""}}, {}, "by clear_auto_release", id="protect"),
        pytest.param({"tags": {"ack.x": ""}}, {}, "by clear_auto_release", id="group"),
        pytest.param({"deletion_protection": True}, {}, "by clear_auto_release", id="deletion"),
        pytest.param({"tags": {"curfew:oops": ""}}, {}, "by clear_auto_release", id="unknown"),
        pytest.param(
            {"tags": {"curfew:keep-until": "2026-11-25"}}, {}, "by clear_auto_release", id="kept"
        ),
        pytest.param(
            {"tags": {"curfew:protect": ""}}, {"a": "*"}, "in the ECS console", id="not-curfews"
        ),
        pytest.param({"tags": {"curfew:keep-until": "2026-11-24T20:30+08:00"}}, {}, "", id="ends"),
        pytest.param({"tags": {"curfew:keep-off-until": "2026-11-25"}}, {}, "", id="kept-off"),
        pytest.param({"locks": ("security",)}, {}, "", id="ecs-own-lock"),
        pytest.param({"charge_type": "PrePaid"}, {}, "", id="subscription"),
        pytest.param({"tags": {"team": "dev"}}, {"a": "*"}, "", id="none-of-curfews"),
        pytest.param({}, {}, "", id="free"),
    ],
)
@pytest.mark.parametrize("harm", Harm)
def test_what_is_protected_and_will_be_released_all_the_same_is_told(
    fields: dict[str, Any], only_tags: dict[str, str], said: str, harm: Harm
) -> None:
    guard = Guard(harm, CHINA, only_tags)
    one = msgspec.structs.replace(tagged({}), auto_release_at=IN_AN_HOUR, **fields)

    assert guard.despite(one, NOW) == (f"{ALL_THE_SAME}{said}" if said else "")
    assert guard.despite(msgspec.structs.replace(one, auto_release_at=None), NOW) == ""
