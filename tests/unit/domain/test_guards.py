"""Guards: what protects one instance against which harm, and until when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.base.times import CHINA
from shared.domain.guards import Guard, Harm
from shared.domain.instance import Instance, Status
from tests.unit.domain.tagged import FREE, NOW, tagged

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
    pytest.param(replace(FREE, locks=("Financial",)), "", "Financial lock", id="financial-capital"),
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


@pytest.mark.parametrize(("instance", "against_outage", "against_loss"), CASES)
def test_guards_do_not_depend_on_the_status(
    instance: Instance, against_outage: str, against_loss: str
) -> None:
    in_every_status = [replace(instance, status=status) for status in Status]

    assert {Guard(Harm.OUTAGE).reason(one, NOW) for one in in_every_status} == {against_outage}
    assert {Guard(Harm.LOSS).reason(one, NOW) for one in in_every_status} == {against_loss}


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
