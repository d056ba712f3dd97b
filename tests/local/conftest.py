"""The names of deployed functions, by which the client is chosen."""

from __future__ import annotations

import warnings
from importlib import import_module

import pytest

V2, V3 = "curfew/describe", "curfew-describe"


@pytest.fixture(
    params=[
        pytest.param((V2, "fc2"), id="2.0"),
        pytest.param((V3, "alibabacloud_fc20230330.client"), id="3.0"),
    ]
)
def name(request: pytest.FixtureRequest) -> str:
    """The function's name, in each version whose client is installed."""
    deployed, module = request.param
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import_module(module)
    except ImportError:
        pytest.skip(f"{module} is not installed")
    return str(deployed)
