"""A fleet read from a file, YAML or JSON; errors name their place.

    default_stopped_mode: StopCharging       # how an instance stops unless asked otherwise
    instances:
      - name: web-1                          # every field is optional
        region: cn-shanghai
        instance_type: ecs.c7.xlarge
        tags: {team: dev}
        data_disks: [{size_gib: 200, delete_with_instance: false}]
      - name: runner
        count: 3                             # runner-1, runner-2, runner-3
        tags: {purpose: ci-runner}
        created_at: -1h                      # an hour ago
        auto_release_at: +2h                 # or a time with its zone
      - name: prod-db
        charge_type: PrePaid
        status: Stopped
        locks: [financial]

The fields of an instance and a disk are those of `InstanceSpec` and `DiskSpec`, with ECS's own
values. Times are relative to the emulator's start (m, h, d), or absolute (RFC 3339).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from local.ecs.account.model import StoppedMode
from local.ecs.complaints import complaint, there_are
from local.ecs.fleet.fleet import DiskSpec, Fleet, InstanceSpec

MAX_COUNT = 100_000
"""The most instances of one entry."""

_Place: TypeAlias = str
_Entry: TypeAlias = Mapping[str, Any]

_RELATIVE = re.compile(r"([+-])([0-9]{1,6})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_EXAMPLE = "2026-11-24T20:00:00+08:00"
_YEARS = range(1970, 9000)
_TIMES = ("created_at", "started_at", "expires_at", "auto_release_at")


class FleetFileError(ValueError):
    """The file is not a fleet; the message begins with the place: ``instances[3].status``."""


def read_fleet(path: Path, now: datetime) -> Fleet:
    """The fleet that a file describes.

    Args:
        path: the file; ``.json`` is read as JSON, anything else as YAML.
        now: what ``+2h`` and ``-30d`` are counted from.

    Raises:
        FleetFileError: the file cannot be read, or is invalid.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FleetFileError(f"{path}: {error}") from None
    content = _json(text) if path.suffix == ".json" else _yaml(text)
    return as_fleet(content, now)


def as_fleet(content: object, now: datetime) -> Fleet:
    """The fleet that the fields of a file describe.

    Args:
        content: ``{"instances": [{"name": "web", "count": 2}]}``, as decoded from JSON.
        now: what ``+2h`` and ``-30d`` are counted from.

    Raises:
        FleetFileError: it is invalid.
    """
    whole = _mapping(content, "the file")
    _check_names(whole, ("default_stopped_mode", "instances"), "")
    entries = whole.get("instances", [])
    if not isinstance(entries, list):
        raise FleetFileError(f"instances: expected a list, not {_kind(entries)}")
    mode = whole.get("default_stopped_mode", Fleet().default_stopped_mode.value)
    fleet = Fleet(
        tuple(
            spec
            for index, entry in enumerate(entries)
            for spec in _specs(entry, f"instances[{index}]", now)
        ),
        _converted(mode, StoppedMode, "default_stopped_mode"),
    )
    _check_ids(fleet.instances)
    return fleet


def _specs(content: object, place: _Place, now: datetime) -> Iterator[InstanceSpec]:
    """The instances of one entry."""
    entry = dict(_mapping(content, place))
    count = entry.pop("count", 1)
    if not isinstance(count, int) or not 1 <= count <= MAX_COUNT:
        raise FleetFileError(
            f"{place}.count: {count!r} is not a whole number from 1 to {MAX_COUNT}"
        )
    _check_names(entry, field_names(InstanceSpec), place)
    _check_disks(entry, place)
    for name in _TIMES:
        if name in entry:
            entry[name] = _moment(entry[name], f"{place}.{name}", now)
    spec = _converted(entry, InstanceSpec, place)
    if count == 1:
        yield spec
        return
    if spec.instance_id:
        raise FleetFileError(f"{place}.instance_id: {count} instances cannot all have it")
    for number in range(1, count + 1):
        yield replace(spec, name=f"{spec.name}-{number}")


def _check_disks(entry: _Entry, place: _Place) -> None:
    disks = {f"{place}.system_disk": entry.get("system_disk", {})}
    data_disks = entry.get("data_disks", [])
    if isinstance(data_disks, list):
        disks |= {f"{place}.data_disks[{n}]": disk for n, disk in enumerate(data_disks)}
    for where, disk in disks.items():
        _check_names(_mapping(disk, where), field_names(DiskSpec), where)


def _check_ids(specs: Sequence[InstanceSpec]) -> None:
    seen: set[str] = set()
    for spec in specs:
        if spec.instance_id in seen:
            raise FleetFileError(f"instances: two of them are {spec.instance_id}")
        seen |= {spec.instance_id} - {""}


def field_names(kind: type[InstanceSpec | DiskSpec]) -> tuple[str, ...]:
    """The fields of an instance or a disk in a fleet file, besides an instance's ``count``."""
    return tuple(field.name for field in fields(kind))


def _mapping(content: object, place: _Place) -> _Entry:
    if not isinstance(content, dict):
        raise FleetFileError(f"{place}: expected fields (name: value), not {_kind(content)}")
    return content


def _kind(content: object) -> str:
    """The type of a value, in plain words."""
    kinds: dict[type, str] = {
        type(None): "nothing",
        dict: "fields",
        list: "a list",
        str: "a string",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return kinds.get(type(content), f"the Python object {content!r:.60}")


def _check_names(entry: _Entry, known: Sequence[str], place: _Place) -> None:
    unknown = [name for name in entry if name not in known]
    if unknown:
        where = f"{place}.{unknown[0]}" if place else str(unknown[0])
        hint = there_are(str(unknown[0]), known)
        raise FleetFileError(f"{where}: there is no such field; {hint}")


def _moment(value: object, place: _Place, now: datetime) -> datetime:
    text = str(value)
    try:
        moment = _date(text, now)
        in_range = moment.year in _YEARS
    except OverflowError:
        in_range = False
    except msgspec.ValidationError:
        raise FleetFileError(
            f"{place}: {text!r} is not a time; write {_EXAMPLE}, or -30m, +2h, -30d from the start"
        ) from None
    if not in_range:
        raise FleetFileError(f"{place}: {text!r} is not from {_YEARS[0]} to {_YEARS[-1]}")
    if moment.tzinfo is None:
        raise FleetFileError(f"{place}: {text!r} has no zone; write {_EXAMPLE}")
    return moment


def _date(text: str, now: datetime) -> datetime:
    """A time, relative to now or absolute."""
    if match := _RELATIVE.fullmatch(text):
        sign, number, unit = match.groups()
        span = int(number) * _UNITS[unit]
        return now + span if sign == "+" else now - span
    return msgspec.convert(text, datetime)


def _converted(value: object, kind: type[Any], place: _Place) -> Any:  # noqa: ANN401  # as asked for
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise FleetFileError(complaint(error, kind, place)) from None


def _yaml(text: str) -> object:
    try:
        from local.ecs.fleet import yaml_file  # noqa: PLC0415  # JSON does without PyYAML
    except ModuleNotFoundError:
        raise FleetFileError(
            "YAML needs Python's package PyYAML, which is not installed: install it, or write "
            "the fleet as JSON in a file whose name ends in .json"
        ) from None
    try:
        return yaml_file.load(text)
    except yaml_file.YamlFileError as error:
        raise FleetFileError(str(error)) from None


def _json(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_without_doubles)
    except json.JSONDecodeError as error:
        raise FleetFileError(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise FleetFileError("the file is nested too deeply") from None


def _without_doubles(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    entry = dict(pairs)
    if len(entry) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise FleetFileError(f"the file: {twice!r} comes twice in one object")
    return entry
