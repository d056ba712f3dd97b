"""alibabacloud_ecs20140526 as a project uses it in tests: answered in process."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

import pytest

from local.ecs.fake import StrayRequestError
from local.ecs.mock import mock_ecs
from tests.clients.adapters import REGION, needs


def new_client(**key: str) -> Any:  # noqa: ANN401  # clients have no types of use here
    client_class = needs("alibabacloud_ecs20140526.client").Client
    config = import_module("alibabacloud_tea_openapi.models").Config(region_id=REGION, **key)
    if not key:
        config.credential = import_module("alibabacloud_credentials.client").Client()
    return client_class(config)


def regions() -> Any:  # noqa: ANN401  # likewise
    return needs("alibabacloud_ecs20140526.models").DescribeRegionsRequest()


@pytest.mark.parametrize("held", [None, "mine"])
def test_default_credentials_are_the_emulators_whenever_they_were_read(
    held: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = needs("alibabacloud_credentials.utils.auth_util")
    monkeypatch.setattr(read, "environment_access_key_id", held)
    monkeypatch.setattr(read, "environment_access_key_secret", held)
    monkeypatch.setattr(read, "environment_security_token", held)

    with mock_ecs() as ecs:
        new_client().describe_regions(regions())

    assert [(each.action, each.status) for each in ecs.log] == [("DescribeRegions", 200)]
    assert read.environment_access_key_id == held


def test_asynchronous_methods_are_not_answered_and_say_so() -> None:
    client = new_client(access_key_id="local", access_key_secret="local")

    with pytest.raises(StrayRequestError, match="serve the emulator"), mock_ecs():
        asyncio.run(client.describe_regions_async(regions()))
