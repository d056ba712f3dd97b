"""Checks of a function's environment variables, and their effect in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from local.check.document import ACCOUNT, unset_variable
from local.check.fc3 import ENVIRONMENT_BYTES
from local.check.findings import Finding, error, ok, warning
from local.check.function import Function, variables
from local.check.notices import check_notices
from shared.base.errors import Refused
from shared.base.printable import counted
from shared.ecs.regions import hint, is_listed
from shared.settings.hosts import read_server
from shared.settings.settings import Settings, is_loopback, read_settings

_OURS = ("CURFEW_", "ECS_")
_KEYS = frozenset(
    {"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"}
    | {"ALIBABA_CLOUD_SECURITY_TOKEN"}
)
_PYTHON = "/code/python"
_WITHOUT = {
    "CURFEW_NOTIFY": "nobody will be told",
    "CURFEW_LINK_KEY": "messages will have no links, and no link is valid",
    "CURFEW_LINK_URL": "messages will have no links",
}
"""Variables that are enabled by uncommenting, and what it means if they are then empty."""


def check_settings(function: Function) -> Iterator[Finding]:
    """Findings about the environment variables."""
    yield from _texts(function)
    yield from _empty(function)
    environ = function.environ
    size = sum(len(key.encode()) + len(value.encode()) for key, value in environ.items())
    if size > ENVIRONMENT_BYTES:
        yield error(f"environment variables: {size} bytes; {ENVIRONMENT_BYTES} at most")
    yield from _names(environ)
    if environ.get("PYTHONPATH") != _PYTHON:
        yield error(
            f"PYTHONPATH must be {_PYTHON}: the dependencies are installed there, and without it "
            "the function would not load"
        )
    try:
        settings = read_settings(environ)
    except Refused as problem:
        yield error(f"environment variables: {problem}")
        return
    if settings.endpoint and is_loopback(read_server(settings.endpoint).host):
        yield error(
            f"ECS_ENDPOINT is {settings.endpoint}, the function's own machine: no ECS is there, so "
            "every event would fail. Remove the line"
        )
    yield ok(f"settings: {'; '.join(_in_words(settings))}")
    yield from check_notices(settings.notices)
    if not settings.accounts:
        yield warning("CURFEW_ACCOUNTS is not set: the function would act in any account")
    for region in sorted(settings.regions):
        if not is_listed(region) and region != function.region:
            yield warning(f"CURFEW_REGIONS: {region} is not a public region. {hint(region)}")
    if function.region and settings.regions and function.region not in settings.regions:
        yield warning(
            f"region {function.region} is not in CURFEW_REGIONS: a request without regions will be "
            "refused"
        )


def _in_words(settings: Settings) -> Iterator[str]:
    """What the settings allow a run to do."""
    share = f" and {settings.max_percent} % of a region" if settings.max_percent else ""
    yield f"at most {counted(settings.max_instances, 'instance')}{share} a run"
    yield f"regions: {_listed(settings.regions)}"
    yield f"accounts: {_listed(account(one) for one in settings.accounts)}"
    yield f"events up to {hours(settings.max_event_age)} old"
    if settings.only_tags:
        tags = ", ".join(_tag(key, values) for key, values in sorted(settings.only_tags.items()))
        yield f"only instances with {tags} (CURFEW_ONLY_TAGS)"
    if settings.snapshot_required:
        yield "no release without snapshots (CURFEW_SNAPSHOT)"


def _tag(key: str, values: str | tuple[str, ...]) -> str:
    """A tag and what it may be: ``env=dev or test``."""
    if values == "*":
        return f"{key} of any value"
    return f"{key}={values if isinstance(values, str) else ' or '.join(values)}"


def _texts(function: Function) -> Iterator[Finding]:
    """Whether each variable is a string, as fc3 requires."""
    for name, value in variables(function.resource).items():
        if value is None:
            yield error(f"environment variable {name} has no value; write '' or remove the line")
        elif isinstance(value, bool | int | float):
            yield error(f"environment variable {name} is not a string; write it in quotes")
        elif not isinstance(value, str):
            kind = "mapping" if isinstance(value, dict) else type(value).__name__
            yield error(f"environment variable {name} is a {kind}; write a string, in quotes")


def _empty(function: Function) -> Iterator[Finding]:
    """Variables that the deployer's shell should set but does not, or that are empty."""
    for name, value in variables(function.resource).items():
        unset = unset_variable(value)
        if not unset and not (name in _WITHOUT and isinstance(value, str) and not value.strip()):
            continue
        why = f", since {unset} is not set in this shell" if unset else ""
        yield warning(f"{name} is empty{why}: {_WITHOUT.get(name, 'its default will hold')}")


def _names(environ: Mapping[str, str]) -> Iterator[Finding]:
    known = _known_variables()
    for name in environ:
        if name.startswith("FC_") or not re.fullmatch(r"[A-Za-z]\w*", name):
            yield error(
                f"environment variable {name}: a name must start with a letter, and FC_ is reserved"
            )
        elif name in _KEYS:
            yield error(
                f"{name}: access keys do not belong in s.yaml; the function gets its credentials "
                "from its role"
            )
        elif name.startswith(_OURS) and name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
            yield error(f"Curfew does not know the environment variable {name}; {hint}")


class _Noting(dict[str, str]):
    """An empty environment that records which variables are read."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401  # as a dict's
        self.asked.add(key)
        return default


def _known_variables() -> set[str]:
    """The variables that the settings come from."""
    environ = _Noting()
    read_settings(environ)
    return {name for name in environ.asked if name.startswith(_OURS)}


def account(number: str) -> str:
    """An account, by its number if that is known here."""
    return "the deploying one" if number == ACCOUNT else number


def hours(length: timedelta) -> str:
    """A duration in hours and minutes: ``6 h``, ``1 h 30 min``."""
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes or not hours)
    return " ".join(parts)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "any"
