"""What several modules here share."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from local.ecs.http.signatures import Credential
from local.ecs.ram.caller import Caller

if TYPE_CHECKING:  # pytest wants to be the first to import a plugin
    from local.ecs.fake import FakeEcs
    from local.ecs.http.messages import HttpReply, HttpRequest

from tests.harness.certificates import Authority
from tests.safety.marked import KEY, SECRET, TOKEN, Account, Spy


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def spy(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Spy:
    """Root logs everything, and so does the SDK."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("DEBUG", "sdk")
    return Spy(monkeypatch, capsys, caplog)


@pytest.fixture
def account(fake_ecs: FakeEcs, spy: Spy) -> Account:
    """Marked credentials that the emulator knows."""
    account = Account(spy.monkeypatch, spy.capture, spy.log, ecs=fake_ecs)
    fake_ecs.emulator.wire.use([Credential(KEY, SECRET, Caller(), security_token=TOKEN)])
    handle = fake_ecs.emulator.handle

    def spied(request: HttpRequest) -> HttpReply:
        account.sent(request.target)
        return handle(request)

    spy.monkeypatch.setattr(fake_ecs.emulator, "handle", spied)
    spy.monkeypatch.setenv("DEBUG", "sdk")  # which the fixture of ECS takes away
    return account
