"""Making a call for a group: what is sent, and what became of each member."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.base.errors import Unavailable
from shared.domain.instance import Snapshot as TakenSnapshot
from shared.domain.instance import SnapshotStatus, Status, StoppedMode
from shared.domain.outcome import Accepted, NotSent, Outcome, Rejected
from shared.domain.retries import Kind
from shared.domain.steps import (
    Call,
    ClearAutoRelease,
    Delete,
    DiskSnapshot,
    SetAutoRelease,
    Snapshot,
    Start,
    Stop,
)
from shared.ecs.changes import perform
from shared.ecs.transport import Denial, ErrorResponse, NoResponse
from tests.unit.ecs.writes import AT, LATER, ONE, START, TWO, make, sent

WEEK_LATER = START + timedelta(days=7)
BATCH: tuple[Call, ...] = (Stop(force=False), Start(), Delete(force=False))


def responses(*rows: Mapping[str, object]) -> Mapping[str, Any]:
    return {"InstanceResponses": {"InstanceResponse": list(rows)}}


@pytest.mark.parametrize(
    ("call", "operation", "parameters"),
    [
        pytest.param(
            Stop(force=False),
            "StopInstances",
            {"ForceStop": "false", "BatchOptimization": "SuccessFirst"},
            id="stop",
        ),
        pytest.param(
            Stop(force=True, stopped_mode=StoppedMode.STOP_CHARGING),
            "StopInstances",
            {
                "ForceStop": "true",
                "BatchOptimization": "SuccessFirst",
                "StoppedMode": "StopCharging",
            },
            id="power-off",
        ),
        pytest.param(Start(), "StartInstances", {"BatchOptimization": "SuccessFirst"}, id="start"),
    ],
)
def test_a_batch_that_can_succeeds_member_by_member(
    call: Call, operation: str, parameters: Mapping[str, str]
) -> None:
    ids = {"InstanceId.1": "i-2", "InstanceId.2": "i-1"}

    assert sent(call, TWO) == (operation, {**parameters, **ids})


def test_a_release_time_is_sent_to_the_minute_and_never_without() -> None:
    assert sent(SetAutoRelease(AT)) == (
        "ModifyInstanceAutoReleaseTime",
        {"InstanceId": "i-1", "AutoReleaseTime": "2026-11-25T04:30:00Z"},
    )
    assert sent(ClearAutoRelease()) == ("ModifyInstanceAutoReleaseTime", {"InstanceId": "i-1"})


def test_a_snapshot_says_whose_it_is() -> None:
    operation, parameters = sent(Snapshot((DiskSnapshot("d-1", "a token"),), 30))

    assert operation == "CreateSnapshot"
    assert {key: value for key, value in parameters.items() if key != "ClientToken"} == {
        "DiskId": "d-1",
        "SnapshotName": "curfew-i-1-d-1",
        "Description": "Taken by ECS Curfew before it releases i-1",
        "RetentionDays": "30",
        "Tag.1.Key": "curfew:release-of",
        "Tag.1.Value": "i-1",
    }


ALL_DISKS = Snapshot((DiskSnapshot("d-1", "one"), DiskSnapshot("d-2", "two")), 7)


def test_each_disk_is_snapshotted_and_the_snapshots_are_known_at_once() -> None:
    api, script = make({"SnapshotId": "s-1"}, {"SnapshotId": "s-2"})

    outcome = perform(api, ALL_DISKS, ONE, LATER)["i-1"]

    assert [parameters["DiskId"] for _, parameters in script.sent] == ["d-1", "d-2"]
    assert isinstance(outcome, Accepted)
    assert [disk.snapshots for disk in outcome.instance.disks or ()] == [
        (TakenSnapshot("s-1", "d-1", SnapshotStatus.PROGRESSING, START, WEEK_LATER),),
        (TakenSnapshot("s-2", "d-2", SnapshotStatus.PROGRESSING, START, WEEK_LATER),),
    ]


@pytest.mark.parametrize("answer", [{}, {"SnapshotId": ""}, {"SnapshotId": 7}], ids=str)
def test_a_snapshot_without_an_id_is_left_to_the_next_look(answer: Mapping[str, Any]) -> None:
    api, _ = make(answer)

    outcome = perform(api, Snapshot((DiskSnapshot("d-1", "one"),), 7), ONE, LATER)

    assert outcome == {"i-1": Accepted(ONE[0], "snapshot of disk d-1")}


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        pytest.param(
            ErrorResponse(403, "QuotaExceed.Snapshot", "The snapshot quota exceeds."),
            Rejected(
                Kind.FINAL,
                "QuotaExceed.Snapshot",
                "disk d-2: The snapshot quota exceeds.",
                alone=True,
                in_doubt=False,
                before="snapshot s-1 of disk d-1",
            ),
            id="refused",
        ),
        pytest.param(
            NoResponse("no response in time"),
            Rejected(
                Kind.PASSING,
                "",
                "no response in time",
                alone=True,
                in_doubt=True,
                before="snapshot s-1 of disk d-1",
            ),
            id="lost",
        ),
    ],
)
def test_a_disk_that_fails_stops_the_disks_after_it(failure: Exception, outcome: Outcome) -> None:
    api, script = make({"SnapshotId": "s-1"}, failure)

    assert perform(api, ALL_DISKS, ONE, LATER) == {"i-1": outcome}
    assert len(script.sent) == 2


@pytest.mark.parametrize("code", [200, "200"])
def test_each_member_has_its_own_code_as_number_or_as_text(code: object) -> None:
    api, _ = make(
        responses(
            {"InstanceId": "i-1", "Code": code, "CurrentStatus": "Stopping"},
            {
                "InstanceId": "i-2",
                "Code": "InstanceLockedForSecurity",
                "Message": "m" * 300,
                "CurrentStatus": "Running",
            },
        )
    )

    outcomes = perform(api, Stop(force=False), TWO, LATER)

    assert outcomes["i-2"] == Rejected(
        Kind.FINAL, "InstanceLockedForSecurity", "m" * 200, alone=True, in_doubt=False
    )
    accepted = outcomes["i-1"]
    assert isinstance(accepted, Accepted)
    assert (accepted.instance.id, accepted.instance.status) == ("i-1", Status.STOPPING)


def test_a_member_that_is_refused_without_a_text_has_none() -> None:
    api, _ = make(responses({"InstanceId": "i-1", "Code": "IncorrectInstanceStatus"}))

    outcomes = perform(api, Stop(force=False), ONE, LATER)

    assert outcomes == {
        "i-1": Rejected(Kind.STATUS, "IncorrectInstanceStatus", "", alone=True, in_doubt=False)
    }


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"InstanceResponses": None}, id="null"),
        pytest.param({"InstanceResponses": []}, id="list"),
        pytest.param({"InstanceResponses": {"InstanceResponse": {}}}, id="object"),
        pytest.param(responses({"Code": 200}), id="without-id"),
        pytest.param(responses({"InstanceId": "i-9", "Code": 200}), id="about-another"),
        pytest.param({"InstanceResponses": {"InstanceResponse": ["i-1"]}}, id="bare-ids"),
    ],
)
def test_a_member_that_is_missing_in_the_answer_is_unknown_not_done(
    answer: Mapping[str, Any],
) -> None:
    api, _ = make(answer)

    assert perform(api, Stop(force=False), ONE, LATER) == {
        "i-1": Rejected(
            Kind.PASSING, "", "ECS's response does not mention it", alone=True, in_doubt=True
        )
    }


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"InstanceId": "i-1"}, id="no-code"),
        pytest.param({"InstanceId": "i-1", "Code": None}, id="null"),
        pytest.param({"InstanceId": "i-1", "Code": ""}, id="empty"),
        pytest.param({"InstanceId": "i-1", "Code": True}, id="true"),
        pytest.param({"InstanceId": "i-1", "Code": 2000}, id="another-number"),
    ],
)
def test_only_200_is_a_success(row: Mapping[str, object]) -> None:
    api, _ = make(responses(row))

    assert isinstance(perform(api, Start(), ONE, LATER)["i-1"], Rejected)


BLAME = [
    ("IncorrectInstanceStatus", 403, Kind.STATUS, False),
    ("InvalidInstanceIds.NotFound", 404, Kind.NOT_FOUND, False),
    ("InvalidOperation.DeletionProtection", 403, Kind.FINAL, False),
    ("Nobody.Knows", 400, Kind.FINAL, False),
    ("Forbidden.RAM", 403, Kind.DENIED, True),
    ("OperationConflict", 409, Kind.BUSY, False),
    ("DependencyViolation.RouteEntry", 403, Kind.PASSING, False),
    ("InternalError", 500, Kind.PASSING, True),
    ("Nobody.Knows", 503, Kind.PASSING, True),
]


@pytest.mark.parametrize("call", BATCH, ids=operator.attrgetter("operation"))
@pytest.mark.parametrize(("code", "status", "kind", "alone"), BLAME, ids=str)
def test_a_refused_batch_is_halved_only_where_a_member_may_be_to_blame(
    call: Call,
    code: str,
    status: int,
    kind: Kind,
    alone: bool,  # noqa: FBT001  # a table's column
) -> None:
    api, _ = make(ErrorResponse(status, code, "why"))

    remedy = f"add ecs:{call.operation} to the policy of the function's role"
    denied = f"RAM does not allow ecs:{call.operation}; {remedy}"
    said = denied if kind is Kind.DENIED else "why"
    assert perform(api, call, TWO, LATER) == {
        one: Rejected(kind, code, said, alone, in_doubt=not alone or status >= 500)
        for one in ("i-1", "i-2")
    }


@pytest.mark.parametrize("call", BATCH, ids=operator.attrgetter("operation"))
def test_a_refusal_of_one_is_about_that_one(call: Call) -> None:
    api, _ = make(ErrorResponse(403, "IncorrectInstanceStatus", "why"))

    outcomes = perform(api, call, ONE, LATER)

    assert outcomes == {
        "i-1": Rejected(Kind.STATUS, "IncorrectInstanceStatus", "why", alone=True, in_doubt=False)
    }


@pytest.mark.parametrize(
    "call", [*BATCH, SetAutoRelease(AT), ALL_DISKS], ids=operator.attrgetter("operation")
)
def test_a_lost_answer_says_nothing_of_anybody(call: Call) -> None:
    api, _ = make(NoResponse("the connection broke"))

    outcomes = perform(api, call, ONE, LATER)

    assert outcomes == {
        "i-1": Rejected(Kind.PASSING, "", "the connection broke", alone=True, in_doubt=True)
    }


@pytest.mark.parametrize(
    "call", [*BATCH, SetAutoRelease(AT), ALL_DISKS], ids=operator.attrgetter("operation")
)
def test_nothing_is_sent_when_its_time_has_passed(call: Call) -> None:
    api, script = make()

    assert perform(api, call, ONE, START - timedelta(seconds=1)) == {"i-1": NotSent()}
    assert script.sent == []


@pytest.mark.parametrize(
    "call", [*BATCH, SetAutoRelease(AT), ALL_DISKS], ids=operator.attrgetter("operation")
)
def test_credentials_that_are_refused_end_the_run(call: Call) -> None:
    api, _ = make(ErrorResponse(404, "InvalidAccessKeyId.NotFound", ""))

    with pytest.raises(Unavailable, match="rejects the credentials"):
        perform(api, call, ONE, LATER)


def test_only_calls_with_a_batch_form_take_many() -> None:
    sizes = {type(call): call.batch for call in (*BATCH, SetAutoRelease(AT), ALL_DISKS)}

    assert sizes == {Stop: 100, Start: 100, Delete: 100, SetAutoRelease: 1, Snapshot: 1}


@pytest.mark.parametrize(
    ("denied", "said"),
    [
        (Denial(), "RAM does not allow ecs:StopInstances; add ecs:StopInstances to the policy of"),
        (
            Denial("ecs:StopInstances", "role x", "implicit deny"),
            "RAM denies ecs:StopInstances to role x (implicit deny); add ecs:StopInstances to the",
        ),
        (
            Denial("ecs:StopInstances", "role x", "explicit deny"),
            "RAM denies ecs:StopInstances to role x (explicit deny); a policy forbids it, so",
        ),
    ],
)
def test_a_denied_write_says_what_to_do_as_a_denied_read_does(denied: Denial, said: str) -> None:
    refusal = ErrorResponse(403, "Forbidden.RAM", "why", denied=denied)
    api, _ = make(refusal)

    outcome = perform(api, Stop(force=False), ONE, LATER)["i-1"]

    assert isinstance(outcome, Rejected)
    assert outcome.message.startswith(said)


def test_a_denied_snapshot_names_disk_and_permission() -> None:
    api, _ = make(ErrorResponse(403, "Forbidden.RAM", "why"))

    outcome = perform(api, Snapshot((DiskSnapshot("d-1", "one"),), 7), ONE, LATER)["i-1"]

    assert isinstance(outcome, Rejected)
    assert outcome.message.startswith(
        "disk d-1: RAM does not allow ecs:CreateSnapshot; add ecs:CreateSnapshot to the policy"
    )
