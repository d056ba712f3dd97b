"""What each of ECS's refusals means for what is done next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.retries import MAX_TRIES, Kind, kind_of
from shared.ecs.transport import Denial, ErrorResponse, NoResponse
from tests.harness.actions import CALLS


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "Throttling", Kind.THROTTLED),
        (403, "Throttling", Kind.THROTTLED),
        (400, "Throttling.User", Kind.THROTTLED),
        (503, "Throttling.Api", Kind.THROTTLED),
        (400, "Throttling.ConcurrentLimitExceeded", Kind.THROTTLED),
        (400, "Rejected.Throttling", Kind.THROTTLED),
        (429, "HTTP 429", Kind.THROTTLED),
        (403, "Forbidden.RAM", Kind.DENIED),
        (403, "Forbidden", Kind.DENIED),
        (404, "Forbidden.InstanceNotFound", Kind.NOT_FOUND),
        (403, "Forbidden.InstanceNotFound", Kind.NOT_FOUND),
        (403, "Forbidden.InstanceNotFounds", Kind.FINAL),
        (403, "Forbidden.KMSKey", Kind.FINAL),
        (403, "Forbidden.RAM.Other", Kind.FINAL),
        (403, "Forbidden.SubUser", Kind.DENIED),
        (403, "Forbidden.Unauthorized", Kind.DENIED),
        (403, "Forbidden.NoPermission", Kind.DENIED),
        (403, "Forbbiden", Kind.DENIED),
        (403, "NoPermission", Kind.DENIED),
        (403, "NoPermission.Operation", Kind.DENIED),
        (403, "PermissionDenied.Scope", Kind.DENIED),
        (403, "ImplicitDeny", Kind.DENIED),
        (403, "ExplicitDeny", Kind.DENIED),
        (404, "InvalidAccessKeyId.NotFound", Kind.CREDENTIALS),
        (400, "InvalidAccessKeyId.Inactive", Kind.CREDENTIALS),
        (400, "InvalidAccessKeySecret", Kind.CREDENTIALS),
        (400, "InvalidSecurityToken.Expired", Kind.CREDENTIALS),
        (400, "InvalidSecurityToken.Malformed", Kind.CREDENTIALS),
        (400, "MissingSecurityToken", Kind.CREDENTIALS),
        (400, "SignatureDoesNotMatch", Kind.CREDENTIALS),
        (400, "IncompleteSignature", Kind.CREDENTIALS),
        (400, "InvalidTimeStamp.Expired", Kind.CREDENTIALS),
        (400, "IllegalTimestamp", Kind.CREDENTIALS),
        (409, "OperationConflict", Kind.BUSY),
        (409, "InvalidOperation.Conflict", Kind.BUSY),
        (409, "Operation.Conflict", Kind.BUSY),
        (400, "TaskConflict", Kind.BUSY),
        (403, "LastTokenProcessing", Kind.BUSY),
        (403, "IdempotentProcessing", Kind.BUSY),
        (403, "IncorrectDiskStatus.CreatingSnapshot", Kind.BUSY),
        (403, "IncorrectDiskStatus.Transferring", Kind.BUSY),
        (403, "IncorrectDiskStatus.Initializing", Kind.BUSY),
        (403, "QuotaExceed.ConcurrentSnapshotQuota", Kind.BUSY),
        (403, "IncorrectInstanceStatus", Kind.STATUS),
        (403, "IncorrectInstanceStatus.Initializing", Kind.BUSY),
        (403, "IncorrectInstanceStatus.Other", Kind.STATUS),
        (403, "InstanceNotReady", Kind.STATUS),
        (400, "DiskError", Kind.STATUS),
        (403, "IncorrectDiskStatus", Kind.STATUS),
        (403, "IncorrectVolumeStatus", Kind.STATUS),
        (403, "CreateSnapshot.Failed", Kind.PASSING),
        (400, "DependencyViolation.RouteEntry", Kind.PASSING),
        (400, "DependencyViolation.SLBConfiguring", Kind.PASSING),
        (500, "InternalError", Kind.PASSING),
        (400, "UnknownError", Kind.PASSING),
        (400, "SignatureNonceUsed", Kind.PASSING),
        (503, "ServiceUnavailable", Kind.PASSING),
        (503, "ServiceUnavailable.RegionMaintaining", Kind.PASSING),
        (503, "LimitedOperation.ServiceUnavailable", Kind.PASSING),
        (500, "InvalidParameter", Kind.PASSING),
        (502, "", Kind.PASSING),
        (404, "InvalidInstanceId.NotFound", Kind.NOT_FOUND),
        (404, "InvalidInstanceIds.NotFound", Kind.NOT_FOUND),
        (404, "NoSuchResource", Kind.NOT_FOUND),
        (404, "InvalidDiskId.NotFound", Kind.NOT_FOUND),
        (404, "InvalidVolumeId.NotFound", Kind.NOT_FOUND),
        (404, "InvalidResourceId.NotFound", Kind.NOT_FOUND),
        (403, "InvalidOperation.DeletionProtection", Kind.FINAL),
        (403, "ChargeTypeViolation", Kind.FINAL),
        (403, "InstanceLockedForSecurity", Kind.FINAL),
        (403, "OperationDenied.NoStock", Kind.FINAL),
        (403, "QuotaExceed.Snapshot", Kind.FINAL),
        (403, "IncorrectDiskStatus.NeverAttached", Kind.FINAL),
        (403, "IdempotentParameterMismatch", Kind.FINAL),
        (400, "IdempotentFailed", Kind.FINAL),
        (400, "InvalidAutoReleaseTime.Malformed", Kind.PASSING),
        (400, "InvalidParameter", Kind.FINAL),
        (404, "InvalidZoneId.NotFound", Kind.FINAL),
        (400, "MyThrottling", Kind.FINAL),
        (400, "Throttlings", Kind.FINAL),
        (400, "throttling", Kind.FINAL),
        (200, "InvalidInstanceId.NotFound", Kind.NOT_FOUND),
        (400, "", Kind.FINAL),
    ],
)
def test_a_code_tells_what_is_done_next(status: int, code: str, kind: Kind) -> None:
    assert kind_of(code, status) is kind
    assert ErrorResponse(status, code, "text").kind is kind


DOCUMENTED = json.loads((Path(__file__).parent / "documented_codes.json").read_text())


def test_every_documented_code_is_in_the_table_or_meant_to_be_final() -> None:
    codes = {code for listed in DOCUMENTED["codes"].values() for code in listed}

    assert {code for code in codes if kind_of(code) is Kind.FINAL} == set(DOCUMENTED["final"])


def test_the_codes_of_every_operation_that_a_function_may_call_are_known() -> None:
    assert DOCUMENTED["codes"].keys() >= set().union(*CALLS.values())


@given(st.sampled_from(["Throttling", "Throttling.User", "Forbidden.RAM"]), st.integers(100, 599))
def test_throttling_and_denial_are_told_by_the_code_alone(code: str, status: int) -> None:
    assert kind_of(code, status) is kind_of(code)


@given(st.text(), st.integers(500, 599))
def test_an_unknown_code_passes_when_the_server_is_at_fault(code: str, status: int) -> None:
    assert kind_of(f"?{code}", status) is Kind.PASSING
    assert kind_of(f"?{code}", status - 100) is Kind.FINAL


@pytest.mark.parametrize(
    ("status", "code", "blames"),
    [
        pytest.param(403, "InvalidOperation.DeletionProtection", True, id="final"),
        pytest.param(403, "IncorrectInstanceStatus", True, id="status"),
        pytest.param(403, "IncorrectInstanceStatus.Initializing", True, id="initializing"),
        pytest.param(404, "InvalidInstanceIds.NotFound", True, id="not-found"),
        pytest.param(400, "Throttling.User", False, id="throttling-by-400"),
        pytest.param(503, "Throttling", False, id="throttling-by-503"),
        pytest.param(403, "Forbidden.RAM", False, id="denied"),
        pytest.param(409, "OperationConflict", True, id="busy"),
        pytest.param(404, "InvalidAccessKeyId.NotFound", False, id="credentials"),
        pytest.param(500, "InternalError", False, id="server"),
        pytest.param(503, "ServiceUnavailable", False, id="maintenance"),
    ],
)
def test_a_batch_is_halved_only_where_a_member_may_be_to_blame(
    status: int,
    code: str,
    blames: bool,  # noqa: FBT001  # a column of the table
) -> None:
    assert ErrorResponse(status, code, "text").blames_a_member is blames


def test_only_some_kinds_end_by_number() -> None:
    assert MAX_TRIES == {
        Kind.PASSING: 5,
        Kind.STATUS: 20,
        Kind.NOT_FOUND: 5,
        Kind.FINAL: 1,
        Kind.DENIED: 1,
    }


def test_a_refusal_holds_what_ecs_said() -> None:
    refusal = ErrorResponse(400, "Throttling", "slow down", 2.5)

    assert (refusal.status, refusal.code, refusal.message, refusal.retry_after_s) == (
        400,
        "Throttling",
        "slow down",
        2.5,
    )
    assert ErrorResponse(400, "Throttling", "slow down").retry_after_s is None


def test_two_refusals_alike_are_still_two() -> None:
    assert ErrorResponse(400, "A", "b") != ErrorResponse(400, "A", "b")
    assert NoResponse("cut") != NoResponse("cut")
    assert NoResponse("cut").reason == str(NoResponse("cut")) == "cut"


@pytest.mark.parametrize(
    ("denial", "sentence"),
    [
        (Denial(), ""),
        (Denial("", "role curfew-stop", "explicit deny"), ""),
        (Denial("ecs:StopInstances"), "RAM denies ecs:StopInstances"),
        (
            Denial("ecs:StopInstances", "role curfew-stop"),
            "RAM denies ecs:StopInstances to role curfew-stop",
        ),
        (
            Denial("ecs:StopInstances", why="implicit deny"),
            "RAM denies ecs:StopInstances (implicit deny)",
        ),
        (
            Denial("ecs:StopInstances", "role curfew-stop", "explicit deny, session policy"),
            "RAM denies ecs:StopInstances to role curfew-stop (explicit deny, session policy)",
        ),
    ],
)
def test_a_denial_is_one_sentence(denial: Denial, sentence: str) -> None:
    assert denial.sentence() == sentence
    assert ErrorResponse(403, "Forbidden.RAM", "no", denied=denial).denied == denial


def test_a_refusal_says_nothing_of_a_denial_unless_ram_does() -> None:
    assert ErrorResponse(403, "Forbidden.RAM", "no").denied == Denial()


@pytest.mark.parametrize("unresolved", [True, False])
def test_no_answer_tells_whether_the_name_exists(unresolved: bool) -> None:  # noqa: FBT001  # both
    assert NoResponse("x", unresolved=unresolved).unresolved is unresolved
    assert NoResponse("x").unresolved is False
