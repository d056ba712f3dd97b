"""Faults on demand: which of them strike a request."""

import json
import re

import msgspec
import pytest

from local.ecs.gateway.faults import (
    AnyFault,
    BrokenBody,
    ClockSkew,
    Cut,
    Delay,
    DroppedTags,
    Faults,
    GarbledRow,
    InForce,
    LostPermission,
    MissingPage,
    ProxyPage,
    Refuse,
    RepeatedToken,
    SlowBody,
    parse_fault,
)


def strikes(faults: Faults, count: int, action: str = "StopInstances") -> list[bool]:
    return [bool(faults.strike(action, "cn-hangzhou")) for _ in range(count)]


def test_without_faults_nothing_strikes() -> None:
    assert Faults().strike("StopInstances", "cn-hangzhou") == ()


@pytest.mark.parametrize(
    ("fault", "action", "region", "struck"),
    [
        pytest.param(Cut(), "StopInstances", "cn-hangzhou", True, id="all"),
        pytest.param(Cut(action="StopInstances"), "StopInstances", "", True, id="operation"),
        pytest.param(Cut(action="StopInstances"), "StopInstance", "", False, id="another"),
        pytest.param(Cut(action="Stop*"), "StopInstance", "", True, id="family"),
        pytest.param(Cut(region="cn-hangzhou"), "X", "cn-hangzhou", True, id="region"),
        pytest.param(Cut(region="cn-hangzhou"), "X", "cn-shanghai", False, id="another region"),
        pytest.param(Cut(region="cn-*"), "X", "cn-shanghai", True, id="some regions"),
    ],
)
def test_a_fault_strikes_the_requests_it_is_meant_for(
    fault: AnyFault,
    action: str,
    region: str,
    struck: bool,  # noqa: FBT001  # a table's column
) -> None:
    assert Faults([fault]).strike(action, region) == ((fault,) if struck else ())


def test_a_fault_lets_some_pass_and_strikes_so_many() -> None:
    faults = Faults([Cut(skip=1, times=2)])

    assert strikes(faults, 5) == [False, True, True, False, False]


def test_requests_of_other_kinds_are_not_counted() -> None:
    faults = Faults([Cut(action="Stop*", skip=1)])

    assert strikes(faults, 3, "StartInstances") == [False] * 3
    assert strikes(faults, 2, "StopInstances") == [False, True]


def test_chance_is_the_same_under_the_same_seed() -> None:
    first, again, other = (
        strikes(Faults([Cut(probability=0.5)], seed=seed), 64) for seed in (7, 7, 8)
    )

    assert first == again
    assert first != other
    assert 16 < sum(first) < 48


def test_several_faults_strike_together_oldest_first() -> None:
    late, cut = Delay(seconds=1), Cut(times=1)
    faults = Faults([late, cut])

    assert faults.strike("StopInstances", "") == (late, cut)
    assert faults.strike("StopInstances", "") == (late,)


def test_what_is_in_force_is_shown_with_its_counts() -> None:
    faults = Faults()
    number = faults.add(Cut(skip=1))
    strikes(faults, 3)

    assert faults.snapshot() == (InForce(number, Cut(skip=1), met=3, struck=2),)


def test_a_fault_is_cleared_by_its_number() -> None:
    faults = Faults([Cut(), ClockSkew()])

    faults.remove(1)

    assert [each.fault for each in faults.snapshot()] == [ClockSkew()]
    with pytest.raises(KeyError):
        faults.remove(1)


def test_all_faults_are_cleared_at_once_and_numbers_are_not_used_again() -> None:
    faults = Faults([Cut(), ClockSkew()])

    faults.clear()

    assert faults.snapshot() == ()
    assert faults.add(Cut()) == 3


@pytest.mark.parametrize(
    "fault",
    [
        Refuse(status=503, code="ServiceUnavailable", message="m", after_write=True, times=1),
        Cut(action="Stop*", after_write=True),
        Delay(seconds=2.5),
        SlowBody(seconds=2),
        BrokenBody(probability=0.25),
        ProxyPage(status=504),
        RepeatedToken(skip=2),
        MissingPage(),
        DroppedTags(region="cn-hangzhou"),
        DroppedTags(key="env"),
        GarbledRow(id="i-1", field="CreationTime", value={"at": [1, None]}),
        GarbledRow(id="*", field="Status", absent=True),
        LostPermission(empty=True),
        ClockSkew(),
    ],
    ids=lambda fault: fault.kind,
)
def test_every_fault_has_a_json_form(fault: AnyFault) -> None:
    written = msgspec.json.encode(fault)

    assert json.loads(written)["fault"] == fault.kind
    assert parse_fault(written) == fault


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(b"{", "this is not JSON: it is empty, or ends too early", id="not JSON"),
        pytest.param(b"{}", "fault is missing; there are refuse, cut, ", id="no kind"),
        pytest.param(
            b'{"fault": "flood"}',
            "'flood' is not a fault; did you mean slowbody?",
            id="unknown kind",
        ),
        pytest.param(
            b'{"fault": "cutt"}',
            "did you mean cut? There are refuse, cut, delay, slowbody",
            id="misspelt",
        ),
        pytest.param(
            b'{"fault": "cut", "actoin": "x"}',
            "did you mean action? There are after_write, action, ",
            id="field",
        ),
        pytest.param(b'["cut"]', 'write {"fault": "cut"}', id="a list"),
        pytest.param(
            b'{"status": 500}', "there are refuse, cut, delay, slowbody", id="no kind at all"
        ),
        pytest.param(
            b'{"fault": "garbledrow", "id": "*"}',
            "the field 'field' is missing",
            id="no field to garble",
        ),
        pytest.param(b'{"fault": "cut", "x": 1}', "x: there is no such field", id="unknown field"),
        pytest.param(b'{"fault": "delay"}', "the field 'seconds' is missing", id="missing field"),
        pytest.param(b'{"fault": "delay", "seconds": -1}', ">= 0", id="negative"),
        pytest.param(b'{"fault": "cut", "probability": 2}', "<= 1", id="no probability"),
        pytest.param(b'{"fault": "refuse", "status": 200}', ">= 400", id="no error's status"),
        pytest.param(
            b'{"fault": "cut", "times": "1"}',
            "times: expected a whole number or nothing, not a string",
            id="text",
        ),
    ],
)
def test_json_that_is_no_fault_is_refused(text: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        parse_fault(text)
