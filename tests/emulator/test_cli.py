"""The options of ``serve``: what they come to, and that what is wrong is told safely."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pytest_mock import MockerFixture

from local.ecs import cli as command
from local.ecs.emulator import Emulator
from local.ecs.http.messages import HttpRequest


def run(mocker: MockerFixture, *arguments: str) -> tuple[Result, Any]:
    """What the command says, and what would be served."""
    serve = mocker.patch.object(command, "serve")
    return CliRunner().invoke(command.command, arguments), serve.call_args


def test_a_host_that_is_allowed_is_answered(mocker: MockerFixture) -> None:
    result, served = run(mocker, "--allow-host", "ECS.test", "--allow-host", "10.0.0.7")

    emulator: Emulator = served.args[0]
    statuses = [
        emulator.handle(HttpRequest("GET", "/_local/health", {"host": host})).status
        for host in ("ecs.test:8421", "10.0.0.7", "localhost", "other.test")
    ]
    assert (result.exit_code, statuses) == (0, [200, 200, 200, 403])


def test_a_host_with_a_port_is_refused(mocker: MockerFixture) -> None:
    result, served = run(mocker, "--allow-host", "ecs.test:8421")

    assert (result.exit_code, served) == (2, None)
    assert "'ecs.test:8421' is not a host name" in result.output


FLEET = r'{"instances": [{"\u001b[2J\u202e": 1}]}'
POLICY = r"""{"Version": "1", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"\u001b[2J\u202e": {"a": "b"}}}}"""


@pytest.mark.parametrize(("option", "content"), [("--fleet", FLEET), ("--policy", POLICY)])
def test_what_is_wrong_is_told_without_a_character_that_a_terminal_obeys(
    mocker: MockerFixture, tmp_path: Path, option: str, content: str
) -> None:
    file = tmp_path / "given.json"
    file.write_text(content, encoding="utf-8")

    result, served = run(mocker, option, str(file))

    assert (result.exit_code, served) == (2, None)
    assert r"\x1b[2J\u202e" in result.output
