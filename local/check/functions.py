"""What is asked of one function in an s.yaml: its properties, settings, role and policy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from local.check.document import ACCOUNT, Resource, is_known
from local.check.fc3 import (
    ASYNCHRONOUS,
    ENVIRONMENT_BYTES,
    MOST_TRIGGERS,
    PROPS,
    REGIONS,
    REQUIRED,
    problems,
)
from local.check.findings import Finding, error, ok, warning
from local.deployment import function_names
from local.ecs.policy import Policy, PolicyError
from local.fc import LoadError, load
from shared.errors import Refused
from shared.settings import Settings, read_settings

NEEDED: Mapping[str, tuple[str, ...]] = {
    "clear_auto_release": ("DescribeInstances", "ModifyInstanceAutoReleaseTime"),
    "describe": ("DescribeInstances",),
    "release": (
        *("DescribeDisks", "DescribeInstances", "DescribeSnapshots", "ListTagResources"),
        *("CreateSnapshot", "DeleteInstances", "StopInstances"),
    ),
    "set_auto_release": (
        *("DescribeInstances", "ListTagResources", "ModifyInstanceAutoReleaseTime"),
    ),
    "start": ("DescribeInstances", "StartInstances"),
    "stop": ("DescribeInstances", "StopInstances"),
}
"""ECS's operations that each function calls, which its policy in ``ram/`` must allow."""

_ROLE = re.compile(r"acs:ram::(?P<account>\d+):role/(?P<name>[\w.-]{1,64})")
_QUEUE = re.compile(r"acs:mns:(?P<region>[\w-]+):\d*:/queues/[\w-]+/messages")
_OURS = ("CURFEW_", "ECS_")
_PYTHON = "/code/python"


@dataclass(frozen=True, slots=True)
class Function:
    """One function of Curfew in an s.yaml.

    Attributes:
        name: Which function it is: ``stop``.
        resource: Its entry.
        settings: Its environment variables as the function will read them; None: it cannot.
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
        """Its environment variables, those that are texts."""
        return environment(self.resource)

    @property
    def region(self) -> str:
        """Where it runs; "" if that is not known here."""
        region = self.props.get("region")
        return region if isinstance(region, str) and is_known(region) else ""

    @property
    def timeout_s(self) -> float:
        """What it may take; fc3's default is three seconds."""
        timeout = self.props.get("timeout", 3)
        return float(timeout) if isinstance(timeout, int) and timeout > 0 else 3.0


def function_of(resource: Resource) -> Function | None:
    """Which function of ours a resource deploys, by its handler; None: none."""
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
    """A resource's environment variables, those that are texts."""
    found = resource.props.get("environmentVariables", {})
    items = found.items() if isinstance(found, dict) else ()
    return {str(key): value for key, value in items if isinstance(value, str) and is_known(value)}


def check_function(function: Function, ram: Path) -> Iterator[Finding]:
    """All that is asked of it but its triggers.

    Args:
        function: The function.
        ram: Where the policies are.
    """
    yield from _properties(function)
    yield from _handler(function)
    yield from _settings(function)
    yield from _network(function)
    yield from _asynchronous(function)
    yield from _role(function)
    yield from _policy(function, ram)


def _properties(function: Function) -> Iterator[Finding]:
    props = {key: value for key, value in function.props.items() if is_known(value)}
    known_later = set(function.props) - set(props)
    required = tuple(key for key in REQUIRED if key not in known_later)
    yield from map(error, problems(props, PROPS, required))
    region = function.region
    if region and region not in REGIONS:
        near = get_close_matches(region, REGIONS, n=1)
        hint = f"did you mean {near[0]}?" if near else "fc3's schema of 2026-05 has no such region"
        yield warning(f"region {region} is not known: {hint}")
    cpu, memory = props.get("cpu", 0.35), props.get("memorySize", 512)
    if isinstance(cpu, int | float) and isinstance(memory, int) and cpu > 0:
        ratio = memory / 1024 / cpu
        if not 1 <= ratio <= 4:  # noqa: PLR2004  # "cpu to memory", fc3's publish.yaml
            yield error(
                f"cpu {cpu:g} and memorySize {memory}: a vCPU goes with 1 to 4 GB of memory, "
                f"not with {ratio:.2g}"
            )
    if len(function.resource.triggers) > MOST_TRIGGERS:
        yield error(f"it has more than {MOST_TRIGGERS} triggers")


def _handler(function: Function) -> Iterator[Finding]:
    runtime = "3.12" if function.props.get("runtime") == "python3.12" else "3.10"
    try:
        load(str(function.props.get("handler", "")), runtime=runtime)  # type: ignore[arg-type]  # one of two
    except LoadError as problem:
        yield error(
            f"handler: {problem.error_type}: {problem}; expected functions.{function.name}.handler"
        )


def _settings(function: Function) -> Iterator[Finding]:
    variables = function.environ
    size = sum(len(key.encode()) + len(value.encode()) for key, value in variables.items())
    if size > ENVIRONMENT_BYTES:
        yield error(f"environment variables: {size} bytes; {ENVIRONMENT_BYTES} at most")
    yield from _names(variables)
    if variables.get("PYTHONPATH") != _PYTHON:
        yield error(
            f"PYTHONPATH must be {_PYTHON}: the dependencies are there, and the function "
            "would not load"
        )
    try:
        settings = read_settings(variables)
    except Refused as problem:
        yield error(f"environment variables: {problem}")
        return
    accounts = _listed(_account(one) for one in settings.accounts)
    yield ok(
        f"settings: at most {settings.max_instances} instance"
        f"{'s' * (settings.max_instances != 1)} a run; regions: {_listed(settings.regions)}; "
        f"accounts: {accounts}; events up to {_length(settings.max_event_age)} old"
    )
    if not settings.accounts:
        yield warning("CURFEW_ACCOUNTS is not set: the function would act in any account")
    if function.region and settings.regions and function.region not in settings.regions:
        yield warning(
            f"region {function.region} is not in CURFEW_REGIONS: a request that names no "
            "region will be refused"
        )


def _names(variables: Mapping[str, str]) -> Iterator[Finding]:
    known = _known_variables()
    for name in variables:
        if name.startswith("FC_") or not re.fullmatch(r"[A-Za-z]\w*", name):
            yield error(
                f"environment variable {name}: a name begins with a letter, and FC_ is reserved"
            )
        elif name.startswith("ALIBABA_CLOUD_"):
            yield error(f"{name}: no key belongs in s.yaml; the function's role gives it one")
        elif name.startswith(_OURS) and name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
            yield error(f"Curfew does not know the environment variable {name}; {hint}")


class _Noting(dict[str, str]):
    """An empty environment that notes which variables it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401  # as a dict's
        self.asked.add(key)
        return default


def _known_variables() -> set[str]:
    """The variables that the settings are read from."""
    environ = _Noting()
    read_settings(environ)
    return {name for name in environ.asked if name.startswith(_OURS)}


def _network(function: Function) -> Iterator[Finding]:
    by_vpc = function.environ.get("ECS_NETWORK", "").strip() == "vpc"
    in_vpc = bool(function.props.get("vpcConfig"))
    online = function.props.get("internetAccess", True)
    if by_vpc and not in_vpc:
        yield error("ECS_NETWORK is vpc, but there is no vpcConfig: ECS cannot be reached")
    if online is False and not by_vpc:
        yield error(
            "internetAccess is false: ECS cannot be reached, unless vpcConfig is there and "
            "ECS_NETWORK is vpc"
        )


def _asynchronous(function: Function) -> Iterator[Finding]:
    config = function.props.get("asyncInvokeConfig", {})
    if not isinstance(config, dict):
        return
    known = {key: value for key, value in config.items() if is_known(value)}
    yield from (error(f"asyncInvokeConfig: {one}") for one in problems(known, ASYNCHRONOUS))
    yield from _destination(function, config)
    retries, age_s = known.get("maxAsyncRetryAttempts", 3), known.get("maxAsyncEventAgeInSeconds")
    settings = function.settings
    if settings is None:
        return
    age = settings.max_event_age
    if isinstance(retries, int):
        longest = timedelta(seconds=(1 + retries) * function.timeout_s)
        if longest > age:
            yield warning(
                f"{1 + retries} tries of {function.timeout_s:g} s take {_length(longest)}, but "
                f"events older than {_length(age)} are refused: CURFEW_MAX_EVENT_AGE"
            )
    if isinstance(age_s, int) and timedelta(seconds=age_s) > age:
        yield warning(
            f"maxAsyncEventAgeInSeconds is {age_s}: events may wait for "
            f"{_length(timedelta(seconds=age_s))}, but those older than {_length(age)} are "
            "refused: CURFEW_MAX_EVENT_AGE"
        )


def _destination(function: Function, config: Mapping[str, Any]) -> Iterator[Finding]:
    destinations = config.get("destinationConfig")
    on_failure = destinations.get("onFailure") if isinstance(destinations, dict) else None
    to = on_failure.get("destination") if isinstance(on_failure, dict) else None
    if not to:
        yield warning("no onFailure destination: an event that fails for good is lost in silence")
    elif isinstance(to, str) and is_known(to) and to.startswith("acs:mns:") and "/queues/" in to:
        found = _QUEUE.fullmatch(to)
        if not found:
            yield error(
                f"onFailure: {to} is invalid: expected "
                "acs:mns:REGION:ACCOUNT:/queues/NAME/messages, with /messages at its end"
            )
        elif function.region and found["region"] != function.region:
            yield error(
                f"onFailure: the queue is in {found['region']}, the function in "
                f"{function.region}; they must be in one region"
            )


def _role(function: Function) -> Iterator[Finding]:
    role = function.props.get("role")
    if not role:
        yield error(f"role is missing; without one it has no credentials: {_role_of(function)}")
    elif isinstance(role, str) and is_known(role):
        found = _ROLE.fullmatch(role)
        if not found:
            yield error(
                f"role: {role} is invalid: expected the whole ARN, since fc3 writes a bare name "
                f"in lower case: {_role_of(function)}"
            )
            return
        accounts = function.settings.accounts if function.settings else frozenset()
        if accounts and found["account"] not in accounts:
            yield error(
                f"role: its account, {_account(found['account'])}, is not in CURFEW_ACCOUNTS: "
                "everything would be refused"
            )


def _role_of(function: Function) -> str:
    name = function.name.replace("_", "-")
    return f"acs:ram::${{config('AccountID')}}:role/curfew-{name}"


def _policy(function: Function, ram: Path) -> Iterator[Finding]:
    path = ram / f"{function.name}.json"
    shown = f"ram/{path.name}"
    try:
        statements = _statements(path)
    except OSError:
        yield error(f"{shown} is missing: the policy of the role")
        return
    except PolicyError as problem:
        yield error(f"{shown}: {problem}")
        return
    missing = [
        f"ecs:{one}"
        for one in NEEDED.get(function.name, ())
        if not _named(f"ecs:{one}", statements, "Allow")
        or _named(f"ecs:{one}", [each for each in statements if _is_plain(each)], "Deny")
    ]
    if missing:
        yield error(f"{shown} does not allow {', '.join(missing)}, which {function.name} needs")
        return
    role = str(function.props.get("role", "")).rpartition("/")[2]
    yield ok(f"role {role}: it needs {shown}, and ram/platform.json")


def _statements(path: Path) -> list[Mapping[str, Any]]:
    """A policy's statements, of a document that the emulator's RAM understands.

    Raises:
        OSError: there is no such file.
        PolicyError: it is not a policy, or has a condition that is not known here.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    Policy(text)
    found = json.loads(text)["Statement"]
    return found if isinstance(found, list) else [found]


def _named(action: str, statements: Iterable[Mapping[str, Any]], effect: str) -> bool:
    """Do statements of this effect name the action, for whatever resources?"""
    return any(
        fnmatchcase(action.lower(), pattern.lower())
        for statement in statements
        if statement["Effect"] == effect
        for pattern in _texts(statement["Action"])
    )


def _is_plain(statement: Mapping[str, Any]) -> bool:
    """Does it hold for every resource, whatever its tags?"""
    return "*" in _texts(statement["Resource"]) and "Condition" not in statement


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "any"


def _account(account: str) -> str:
    return "the deploying one" if account == ACCOUNT else account


def _length(length: timedelta) -> str:
    """A duration in hours and minutes: ``6 h``, ``1 h 30 min``."""
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes or not hours)
    return " ".join(parts)
