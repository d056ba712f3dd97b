"""Tokens and nonces of a request: whose they are, and that each is taken once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from local.ecs.http.signatures import (
    TOLERANCE,
    Credential,
    Verifier,
)
from tests.emulator.http.signed import CALLER, KEY, NOW, STS, refusal, rpc, verify_rpc


@pytest.mark.parametrize(
    ("credential", "token", "now", "expected"),
    [
        pytest.param(
            STS,
            "",
            NOW,
            (400, "MissingSecurityToken", "SecurityToken is mandatory for this action."),
            id="none",
        ),
        pytest.param(
            STS,
            "token-x",
            NOW,
            (400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed."),
            id="unknown",
        ),
        pytest.param(
            KEY,
            "token-1",
            NOW,
            (
                400,
                "InvalidSecurityToken.MismatchWithAccessKey",
                "Specified SecurityToken mismatch with the AccessKey.",
            ),
            id="of another key",
        ),
        pytest.param(
            STS,
            "token-1",
            STS.expires_at,
            (400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."),
            id="expired",
        ),
    ],
)
def test_a_token_that_is_not_right_is_refused(
    credential: Credential, token: str, now: datetime, expected: tuple[int, str, str]
) -> None:
    parameters = rpc(credential, SecurityToken=token)

    assert refusal(lambda: verify_rpc(parameters, KEY, STS, now=now)) == expected


def test_a_nonce_is_taken_once() -> None:
    verifier = Verifier([KEY])
    verifier.verify_rpc("POST", rpc(), NOW)

    expected = (400, "SignatureNonceUsed", "Specified signature nonce was used already.")
    assert refusal(lambda: verifier.verify_rpc("POST", rpc(), NOW)) == expected
    assert verifier.verify_rpc("POST", rpc(SignatureNonce="nonce-2"), NOW) == CALLER


def test_a_nonce_is_remembered_as_long_as_its_time_could_be_accepted() -> None:
    verifier = Verifier([KEY])
    early = rpc(Timestamp=(NOW + TOLERANCE).strftime("%Y-%m-%dT%H:%M:%SZ"))
    verifier.verify_rpc("POST", early, NOW)

    again = refusal(lambda: verifier.verify_rpc("POST", early, NOW + 2 * TOLERANCE))

    assert again[1] == "SignatureNonceUsed"


def test_an_old_nonce_is_forgotten() -> None:
    verifier = Verifier([KEY])
    verifier.verify_rpc("POST", rpc(), NOW)
    later = NOW + 2 * TOLERANCE + timedelta(seconds=1)
    fresh = rpc(Timestamp=later.strftime("%Y-%m-%dT%H:%M:%SZ"))

    assert verifier.verify_rpc("POST", fresh, later) == CALLER


def test_a_refused_request_uses_up_no_nonce() -> None:
    verifier = Verifier([KEY])
    refusal(lambda: verifier.verify_rpc("POST", rpc(replace(KEY, secret="wrong")), NOW))

    assert verifier.verify_rpc("POST", rpc(), NOW) == CALLER
