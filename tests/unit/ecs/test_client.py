"""One region's calls: repeated or not, paced, counted, bounded by the deadline, told apart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.base.errors import AccessDenied, CurfewError, Unavailable
from shared.domain.outcome import NotSent
from shared.ecs.client import READ_TIMEOUT_S, WRITE_TIMEOUT_S, Answer
from shared.ecs.transport import Denial, ErrorResponse, NoResponse
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


def test_every_call_names_its_region() -> None:
    api, script = make(BODY)

    api.read("DescribeInstances", {"MaxResults": "100"})
    api.write("StopInstances", {"InstanceId.1": "i-1"}, LATER)

    assert script.sent == [
        ("DescribeInstances", {"RegionId": "cn-hangzhou", "MaxResults": "100"}),
        ("StopInstances", {"RegionId": "cn-hangzhou", "InstanceId.1": "i-1"}),
    ]
    assert script.timeouts == [READ_TIMEOUT_S, WRITE_TIMEOUT_S]
    assert api.calls == 2


PASSING: list[Exception] = [
    NoResponse("no connection"),
    ErrorResponse(500, "InternalError", ""),
    ErrorResponse(503, "ServiceUnavailable", ""),
    ErrorResponse(502, "HTTP 502", ""),
    ErrorResponse(504, "Some.New.Code", ""),
    ErrorResponse(409, "OperationConflict", ""),
    ErrorResponse(400, "SignatureNonceUsed", ""),
]


@pytest.mark.parametrize("failure", PASSING, ids=repr)
def test_a_read_is_repeated_until_it_is_answered(failure: Exception) -> None:
    api, script = make(failure, failure, failure, failure, BODY)

    answer = api.read("DescribeInstances", {})

    assert answer.body == BODY
    assert answer.asked_at == script.clock.now() == START + timedelta(seconds=3)
    assert api.calls == len(script.sent) == 5


@pytest.mark.parametrize("failure", PASSING, ids=repr)
def test_a_read_that_fails_five_times_is_given_up(failure: Exception) -> None:
    api, script = make(failure)

    with pytest.raises(Unavailable, match=r"^DescribeInstances in cn-hangzhou: .*, 5 times$"):
        api.read("DescribeInstances", {})

    assert len(script.sent) == 5
    assert script.clock.now() == START + timedelta(seconds=3)


def test_a_read_that_is_given_up_says_what_went_wrong() -> None:
    api, _ = make(NoResponse("no connection"))

    with pytest.raises(Unavailable, match="cn-hangzhou: no connection, 5 times"):
        api.read("DescribeInstances", {})


def test_a_refusal_for_another_reason_ends_throttling() -> None:
    api, script = make(THROTTLED, ErrorResponse(403, "IncorrectInstanceStatus", ""), BODY)

    with pytest.raises(ErrorResponse, match="IncorrectInstanceStatus"):
        api.write("StopInstances", {}, LATER)

    again_at = script.clock.now()
    assert api.write("StopInstances", {}, LATER) == Answer(BODY, again_at)


@pytest.mark.parametrize(
    "failure", [*PASSING, ErrorResponse(403, "IncorrectInstanceStatus", "")], ids=repr
)
def test_a_write_is_never_repeated(failure: Exception) -> None:
    api, script = make(failure)

    with pytest.raises(type(failure)) as caught:
        api.write("StopInstances", {}, LATER)

    assert caught.value is failure
    assert len(script.sent) == api.calls == 1


@BOTH
@pytest.mark.parametrize(
    "code",
    ["Throttling", "Throttling.User", "Throttling.Api", "Throttling.X.Y", "Rejected.Throttling"],
)
@pytest.mark.parametrize("status", [200, 400, 403, 429, 500, 503])
def test_what_was_throttled_is_repeated_whatever_the_status(
    act: Act, status: int, code: str
) -> None:
    refusal = ErrorResponse(status, code, "")
    api, script = make(*[refusal] * 7, BODY)

    answer = act(api)

    assert isinstance(answer, Answer)
    assert answer.asked_at == script.clock.now() > START
    assert len(script.sent) == api.calls == 8


@BOTH
def test_throttling_is_waited_out_to_the_deadline_and_no_longer(act: Act) -> None:
    api, script = make(THROTTLED, timeout_s=300)

    if act is through_write:
        assert act(api) == NotSent(throttled=True)
    else:
        with pytest.raises(Unavailable, match="ECS throttles it, and no time is left") as caught:
            act(api)
        assert not caught.value.late

    assert script.clock.now() <= START + timedelta(seconds=295)
    assert len(script.sent) < 60


def test_a_write_is_not_sent_after_its_time() -> None:
    api, script = make(THROTTLED, BODY)

    assert api.write("StopInstances", {}, START) == NotSent(throttled=True)

    assert [operation for operation, _ in script.sent] == ["StopInstances"]
    assert script.clock.now() == START


def test_a_write_whose_time_was_over_from_the_first_was_not_throttled() -> None:
    api, script = make(BODY)

    assert api.write("StopInstances", {}, START - timedelta(seconds=1)) == NotSent()

    assert script.sent == []


def test_a_read_whose_turn_does_not_come_in_time_is_late_and_takes_no_later_call() -> None:
    api, script = make(*[THROTTLED] * 3, BODY)
    bounded = api.in_turn_by(SOON)

    with pytest.raises(Unavailable, match="ECS throttles it") as caught:
        bounded.read("DescribeDisks", {})

    assert caught.value.late
    assert script.clock.now() <= SOON
    assert len(script.sent) == 3
    bounded.in_turn_by(None).read("DescribeDisks", {})
    assert script.clock.now() == START + timedelta(seconds=60.2)


def test_what_fails_is_tried_as_often_as_ever_though_its_turn_is_bounded() -> None:
    api, script = make(*[NoResponse("no response in time")] * 4, BODY, takes_s=9)

    answer = api.in_turn_by(SOON).read("DescribeDisks", {})

    assert answer.body == BODY
    assert script.clock.now() > SOON


def test_ecss_own_word_on_when_to_come_back_is_kept() -> None:
    api, script = make(ErrorResponse(400, "Throttling.Api", "", retry_after_s=17.0), BODY)

    api.read("DescribeInstances", {})

    assert script.clock.now() == START + timedelta(seconds=17)


def test_one_throttled_operation_does_not_slow_another() -> None:
    api, script = make(THROTTLED, BODY)

    api.write("StopInstances", {}, START)
    api.read("DescribeInstances", {})

    assert script.clock.now() == START


@pytest.mark.parametrize(
    ("refusal", "error", "message"),
    [
        pytest.param(
            ErrorResponse(403, "Forbidden.RAM", "User not authorized"),
            AccessDenied,
            "RAM does not allow ecs:DescribeInstances in cn-hangzhou (Forbidden.RAM); add "
            "ecs:DescribeInstances to the policy of the function's role",
            id="denied",
        ),
        pytest.param(
            ErrorResponse(
                403,
                "Forbidden.RAM",
                "User not authorized",
                denied=Denial(
                    "ecs:DescribeInstances",
                    "role curfew-stop",
                    "implicit deny, account-level policy",
                ),
            ),
            AccessDenied,
            "RAM denies ecs:DescribeInstances to role curfew-stop (implicit deny, account-level "
            "policy) in cn-hangzhou (Forbidden.RAM); add ecs:DescribeInstances to the policy of "
            "the function's role",
            id="denied-and-explained",
        ),
        pytest.param(
            ErrorResponse(
                403,
                "Forbidden.RAM",
                "User not authorized",
                denied=Denial("ecs:DescribeInstances", "", "explicit deny, control policy"),
            ),
            AccessDenied,
            "RAM denies ecs:DescribeInstances (explicit deny, control policy) in cn-hangzhou "
            "(Forbidden.RAM); a policy forbids it, so allowing it in another one does not help",
            id="forbidden",
        ),
        pytest.param(
            ErrorResponse(404, "InvalidAccessKeyId.NotFound", "LTAIsecret"),
            Unavailable,
            "ECS rejects the credentials (InvalidAccessKeyId.NotFound); check the function's role",
            id="unknown-key",
        ),
        pytest.param(
            ErrorResponse(400, "InvalidTimeStamp.Expired", ""),
            Unavailable,
            "ECS rejects the request's timestamp (InvalidTimeStamp.Expired); this machine's clock "
            "is wrong",
            id="clock-skew",
        ),
        pytest.param(
            ErrorResponse(
                404, "InvalidRegionId.NotFound", "The specified RegionId does not exist."
            ),
            Unavailable,
            "cn-hangzhou is not a region that ECS knows (InvalidRegionId.NotFound). There is such "
            "a region; perhaps this account or endpoint does not have it.",
            id="unknown-region",
        ),
        pytest.param(
            ErrorResponse(400, "InvalidParameter", "The specified parameter is not valid."),
            Unavailable,
            "DescribeInstances in cn-hangzhou: ECS returned InvalidParameter: The specified "
            "parameter is not valid.",
            id="final",
        ),
    ],
)
def test_what_no_repetition_mends_ends_a_read_at_once(
    refusal: ErrorResponse, error: type[CurfewError], message: str
) -> None:
    api, script = make(refusal)

    with pytest.raises(CurfewError) as caught:
        api.read("DescribeInstances", {})

    assert (type(caught.value), str(caught.value)) == (error, message)
    assert len(script.sent) == 1


def test_a_denied_action_keeps_ecss_code() -> None:
    api, _ = make(ErrorResponse(403, "Forbidden.RAM", ""))

    with pytest.raises(AccessDenied) as caught:
        api.read("DescribeDisks", {})

    assert caught.value.code == "Forbidden.RAM"


def test_the_yes_to_a_dry_run_is_a_refusal() -> None:
    api, script = make(ErrorResponse(400, "DryRunOperation", ""))

    with pytest.raises(ErrorResponse):
        api.read("DescribeInstances", {"DryRun": "true"})

    assert len(script.sent) == 1


def test_credentials_that_are_refused_end_a_write() -> None:
    api, _ = make(ErrorResponse(403, "InvalidSecurityToken.Expired", ""))

    with pytest.raises(Unavailable, match="rejects the credentials"):
        api.write("StopInstances", {}, LATER)


def test_writes_are_counted_apart_also_those_that_failed() -> None:
    api, _ = make(BODY, BODY, ErrorResponse(403, "IncorrectInstanceStatus", ""), NoResponse("cut"))

    api.read("DescribeInstances", {})
    api.write("StopInstances", {}, LATER)
    with pytest.raises(ErrorResponse):
        api.write("StopInstances", {}, LATER)
    with pytest.raises(NoResponse):
        api.write("StopInstances", {}, LATER)

    assert (api.calls, api.writes) == (4, 3)
    assert api.reading_until(SOON).writes == 3


def test_what_nobody_foresaw_is_passed_on_and_keeps_no_turn() -> None:
    api, script = make(LookupError("odd"), BODY)

    with pytest.raises(LookupError):
        api.read("DescribeInstances", {})
    api.read("DescribeInstances", {})

    assert (len(script.sent), api.calls) == (2, 2)
