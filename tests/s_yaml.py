"""s.yaml as Serverless Devs reads it: its variables put in, its template under each function.

The rules are those of ``docs/zh/yaml.md`` of Serverless Devs, as far as s.yaml uses them;
``s preview`` shows the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from local.fc_context import CODE

ACCOUNT = "1234567890123456"

_VARIABLE = re.compile(r"\$\{(?P<body>[^{}]*)\}")
_ENV = re.compile(r"env\('\w+', '(?P<default>[^']*)'\)")


@dataclass(frozen=True, slots=True)
class Deployed:
    """One function of s.yaml.

    Attributes:
        name: of its resource; the function's name in this project.
        props: what the component fc3 gets, with nothing left to put in.
    """

    name: str
    props: Mapping[str, Any]

    @property
    def triggers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.props.get("triggers", [])
        return found

    def timers(self) -> list[dict[str, Any]]:
        return [one["triggerConfig"] for one in self.triggers if one["triggerType"] == "timer"]


def raw() -> dict[str, Any]:
    """The file as YAML has it."""
    document: dict[str, Any] = yaml.safe_load((CODE / "s.yaml").read_text(encoding="utf-8"))
    return document


def deployed() -> tuple[Deployed, ...]:
    """Every function that ``s deploy`` would make."""
    document = raw()
    variables = {key: _filled(value, {}) for key, value in document["vars"].items()}
    functions = []
    for name, resource in document["resources"].items():
        template = document["template"][resource["extend"]["name"]]
        props = _filled({**template, **resource["props"]}, variables)
        functions.append(Deployed(name, props))
    return tuple(functions)


def _filled(value: Any, variables: Mapping[str, Any]) -> Any:  # noqa: ANN401  # whatever YAML holds
    if isinstance(value, dict):
        return {key: _filled(one, variables) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, variables) for one in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _value(found["body"], variables), value)
    return value


def _value(body: str, variables: Mapping[str, Any]) -> str:
    if body == "config('AccountID')":
        return ACCOUNT
    if found := _ENV.fullmatch(body):
        return found["default"]
    return str(variables[body.removeprefix("vars.")])
