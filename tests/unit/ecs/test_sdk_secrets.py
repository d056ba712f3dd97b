"""The transport tells nobody a key or a signed URL, whatever goes wrong."""

from __future__ import annotations

import io
import traceback
from typing import TYPE_CHECKING

import pytest

from local.ecs.gateway.faults import AnyFault, BrokenBody, ClockSkew, Cut, Delay, ProxyPage, Refuse
from local.ecs.http.signatures import Credential
from local.ecs.ram.caller import Caller
from shared.ecs.transport import ErrorResponse, NoResponse
from shared.settings.settings import Credentials
from tests.unit.ecs.sdk_gateway import REGION, ask, transport

if TYPE_CHECKING:  # pytest wants to be the first to import a plugin
    from local.ecs.fake import FakeEcs

HIDDEN = Credentials("STS.MARKEDKEY", "MARKEDSECRET", "MARKEDTOKEN")

FAILURES: list[tuple[str, AnyFault]] = [
    ("refused", Refuse(status=400, code="IncorrectInstanceStatus")),
    (
        "signature",
        Refuse(
            status=400,
            code="SignatureDoesNotMatch",
            message="Wrong. server string to sign is:POST&%2F&AccessKeyId%3DSTS.MARKEDKEY",
        ),
    ),
    ("signature-without-colon", Refuse(status=400, code="SignatureDoesNotMatch", message="no")),
    ("server-error", Refuse(status=500)),
    ("cut", Cut()),
    ("late", Delay(seconds=60)),
    ("broken-body", BrokenBody()),
    ("proxy-page", ProxyPage()),
    ("clock-skew", ClockSkew()),
]


@pytest.mark.parametrize(
    "fault", [fault for _, fault in FAILURES], ids=[name for name, _ in FAILURES]
)
def test_nothing_tells_a_key_or_a_signed_url(
    fake_ecs: FakeEcs,
    everything_logged: io.StringIO,
    capfd: pytest.CaptureFixture[str],
    fault: AnyFault,
) -> None:
    known = Credential(
        HIDDEN.access_key_id,
        HIDDEN.access_key_secret,
        Caller(),
        security_token=HIDDEN.security_token,
    )
    fake_ecs.emulator.wire.use([known])
    fake_ecs.faults.add(fault)

    with pytest.raises((ErrorResponse, NoResponse)) as caught:
        ask(credentials=HIDDEN)

    told = "".join(
        [
            *traceback.format_exception(caught.value),
            repr(caught.value),
            str(vars(caught.value)),
            *(repr(one) for one in (caught.value.__context__, caught.value.__cause__)),
            everything_logged.getvalue(),
            *capfd.readouterr(),
        ]
    )
    assert [secret for secret in ("MARKED", "Signature=") if secret in told] == []
    assert len(fake_ecs.log) == 1


def test_a_success_tells_no_key_or_signed_url_either(
    fake_ecs: FakeEcs, everything_logged: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    made = transport()
    made.send("DescribeInstances", REGION, timeout_s=10)

    told = "".join([everything_logged.getvalue(), *capfd.readouterr(), repr(made)])
    assert "Signature" not in told
    assert len(fake_ecs.log) == 1
