"""What several modules here share."""

from __future__ import annotations

import pytest
from pytest_mock import MockerFixture

from tests.unit.ecs.sdk_gateway import Gateway


@pytest.fixture
def gateway(mocker: MockerFixture) -> Gateway:
    made = Gateway()
    mocker.patch(
        "aliyunsdkcore.vendored.requests.adapters.HTTPAdapter.send",
        new=lambda _, request, **options: made.send(request, **options),
    )
    return made
