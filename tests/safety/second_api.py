"""Ways in which the second API, that is asked about tags which an instance lacks, says nothing."""

from __future__ import annotations

import pytest

from local.ecs.gateway.faults import Cut, LostPermission, Refuse

OPERATION = "ListTagResources"

silent = pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Refuse(action=OPERATION), id="5xx"),
        pytest.param(Cut(action=OPERATION), id="cut"),
        pytest.param(Refuse(action=OPERATION, status=403, code="Forbidden.RAM"), id="denied"),
        pytest.param(LostPermission(action=OPERATION), id="empty-without-permission"),
    ],
)
