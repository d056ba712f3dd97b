"""One function of Curfew in an s.yaml, as the checks see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.check.document import Resource, is_known
from local.fc.deployment import function_names
from shared.base.errors import Refused
from shared.settings.settings import Settings, read_settings


@dataclass(frozen=True, slots=True)
class Function:
    """One function of Curfew in an s.yaml.

    Attributes:
        name: Which function it is: ``stop``.
        resource: Its entry.
        settings: Its environment variables as the function will parse them; None: it cannot.
    """

    name: str
    resource: Resource
    settings: Settings | None

    @property
    def props(self) -> Mapping[str, Any]:
        """What fc3 gets."""
        return self.resource.props

    @property
    def environ(self) -> dict[str, str]:
        """Those of its environment variables that are known here, as strings."""
        return environment(self.resource)

    @property
    def region(self) -> str:
        """Where it runs; "" if that is not known here."""
        region = self.props.get("region")
        return region if isinstance(region, str) and is_known(region) else ""

    @property
    def timeout_s(self) -> float:
        """Its timeout; fc3's default is three seconds."""
        timeout = self.props.get("timeout", 3)
        return float(timeout) if isinstance(timeout, int) and timeout > 0 else 3.0


def function_of(resource: Resource) -> Function | None:
    """Which of our functions a resource deploys, by its handler; None: none."""
    handler = str(resource.props.get("handler", ""))
    found = re.fullmatch(r"functions[./](?P<name>\w+)\.\w+", handler)
    if resource.component != "fc3" or not found or found["name"] not in function_names():
        return None
    try:
        settings = read_settings(environment(resource))
    except Refused:
        settings = None
    return Function(found["name"], resource, settings)


def environment(resource: Resource) -> dict[str, str]:
    """A resource's environment variables that are known here; numbers as strings.

    Anything but a string is an error, reported separately; its meaning can still be checked.
    """
    return {
        key: value if isinstance(value, str) else yaml_text(value)
        for key, value in variables(resource).items()
        if isinstance(value, str | bool | int | float) and is_known(value)
    }


def variables(resource: Resource) -> dict[str, Any]:
    """A resource's environment variables as YAML has them."""
    found = resource.props.get("environmentVariables")
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}


def yaml_text(value: object) -> str:
    """A number, true or false as written in the file."""
    return str(value).lower() if isinstance(value, bool) else str(value)
