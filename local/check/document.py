"""An s.yaml as Serverless Devs reads it: variables filled in, templates merged into resources.

The rules are those of "yaml.md" and "variables.md" of Serverless Devs, as far as an s.yaml of ours
uses them; ``s preview`` shows the same. What cannot be known here, such as ``${file('x')}``, stays
as written. It is stricter than YAML in one respect: a duplicate key is an error, since the second
would silently win.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING or not yaml.__with_libyaml__:
    from yaml import SafeLoader
else:  # five times as fast
    from yaml import CSafeLoader as SafeLoader

ACCOUNT = "1234567890123456"
"""Placeholder for the account's id, known only to the deploy tool: ``${config('AccountID')}``."""

_VARIABLE = re.compile(r"\$\{(?P<body>[^{}]*)\}")
_ENV = re.compile(
    r"""env\(\s*['"]?(?P<name>\w+)['"]?\s*(?:,\s*['"](?P<default>[^'"]*)['"]\s*)?\)"""
)
_DEEPEST = 10
_BOOL = "tag:yaml.org,2002:bool"
_MERGE = "tag:yaml.org,2002:merge"
_TRUE_OR_FALSE = re.compile(r"true|True|TRUE|false|False|FALSE")


class DocumentError(Exception):
    """The file is not one that Serverless Devs could read; says where and why."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One entry under ``resources``.

    Attributes:
        name: Its key.
        component: What deploys it: ``fc3`` for a function.
        props: What the component gets, with everything filled in that is known here.
    """

    name: str
    component: str
    props: Mapping[str, Any]

    @property
    def triggers(self) -> list[dict[str, Any]]:
        """Those of its triggers that are mappings."""
        found = self.props.get("triggers", [])
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def timers(self) -> list[dict[str, Any]]:
        """The configurations of its timers."""
        return [one["triggerConfig"] for one in self.triggers if one["triggerType"] == "timer"]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole file.

    Attributes:
        raw: As parsed from YAML.
        resources: In the file's order.
    """

    raw: Mapping[str, Any]
    resources: tuple[Resource, ...] = field(default=())


def read_document(path: Path, environ: Mapping[str, str]) -> Document:
    """Read a file.

    Args:
        path: The s.yaml.
        environ: Where ``${env('X')}`` is looked up.

    Raises:
        DocumentError: it cannot be read, is not YAML, or lacks the structure of an s.yaml.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"it cannot be read: {error}") from None
    try:
        return _document(_parsed(text), environ)
    except RecursionError:
        raise DocumentError("it is nested too deeply, or within itself") from None


def _document(raw: dict[str, Any], environ: Mapping[str, str]) -> Document:
    variables = raw.get("vars") or {}
    if not isinstance(variables, dict):
        raise DocumentError("vars must be a mapping")
    reader = _Reader(variables, environ)
    resources = raw.get("resources")
    if not isinstance(resources, dict) or not resources:
        raise DocumentError(
            "there are no resources; an s.yaml deploys what is listed under resources"
        )
    return Document(
        raw, tuple(_resource(name, one, raw, reader) for name, one in resources.items())
    )


def is_known(value: object) -> bool:
    """Is nothing left in it that only the deploy tool can fill in?"""
    if isinstance(value, dict):
        return all(is_known(one) for one in value.values())
    if isinstance(value, list):
        return all(is_known(one) for one in value)
    return not (isinstance(value, str) and _VARIABLE.search(value))


def unset_variable(value: object) -> str:
    """The unset environment variable that a filled value needs; "": none."""
    for found in _VARIABLE.finditer(value) if isinstance(value, str) else ():
        if asked := _ENV.fullmatch(found["body"].strip()):
            return asked["name"]
    return ""


def _parsed(text: str) -> dict[str, Any]:
    try:
        raw = yaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader
    except yaml.YAMLError as error:
        raise DocumentError(f"it is not YAML: {_problem(text, error)}") from None
    if not isinstance(raw, dict):
        raise DocumentError("it is not a mapping; an s.yaml starts with edition: 3.0.0")
    return raw


def _problem(text: str, error: yaml.YAMLError) -> str:
    """What is wrong and where; the slow parser says it better, if it also refuses the text."""
    try:
        yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as told_better:
        error = told_better
    if not isinstance(error, yaml.MarkedYAMLError):
        return str(error)
    mark = error.problem_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{where}{error.problem or error.context}"


class _Loader(SafeLoader):
    """Refuses duplicate keys; ``yes``, ``no``, ``on`` and ``off`` are strings.

    As in YAML 1.2, which js-yaml implements for Serverless Devs (its core schema).
    """

    yaml_implicit_resolvers = {  # noqa: RUF012  # as its base declares it
        first: [(tag, _TRUE_OR_FALSE if tag == _BOOL else pattern) for tag, pattern in known]
        for first, known in SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002  # as its base
        try:
            return super().construct_object(node, deep)
        except (ValueError, TypeError, LookupError, AttributeError):  # such as 2026-02-30
            raise yaml.MarkedYAMLError(
                problem="it looks like a date or a number but is not one; write it in quotes",
                problem_mark=node.start_mark,
            ) from None

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ANN401, FBT001, FBT002  # as its base
        seen: set[object] = set()
        for key_node, _ in node.value:
            if key_node.tag == _MERGE:  # other mappings' keys, which those here override
                continue
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str | int):
                if key in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"the key {key} appears twice", problem_mark=key_node.start_mark
                    )
                seen.add(key)
        return super().construct_mapping(node, deep)


def _resource(name: str, one: object, raw: Mapping[str, Any], reader: _Reader) -> Resource:
    if not isinstance(one, dict) or not isinstance(one.get("props"), dict):
        raise DocumentError(f"resources.{name} must have a component and props")
    props: Mapping[str, Any] = one["props"]
    extend = one.get("extend")
    if extend is not None:
        wanted = extend.get("name") if isinstance(extend, dict) else extend
        templates = raw.get("template")
        known = templates if isinstance(templates, dict) else {}
        below = known.get(wanted) if isinstance(wanted, str | int) else None
        if not isinstance(below, dict):
            raise DocumentError(
                f"resources.{name} extends {wanted!r}, which is not defined under template"
            )
        props = _merged(below, props)
    return Resource(str(name), str(one.get("component", "")), reader.filled(props))


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """A template and what overrides it; mappings are merged, everything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            merged[key] = _merged(known, value)
        else:
            merged[key] = value
    return merged


class _Reader:
    """Fills in variables."""

    def __init__(self, variables: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self._variables = variables
        self._environ = environ

    def filled(self, value: Any, depth: int = 0) -> Any:  # noqa: ANN401  # whatever YAML holds
        """The value with its variables filled in, recursively."""
        if isinstance(value, dict):
            return {key: self.filled(one, depth) for key, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one, depth) for one in value]
        if not isinstance(value, str) or depth > _DEEPEST:
            return value
        if whole := _VARIABLE.fullmatch(value):
            return self._value(whole["body"].strip(), value, depth)
        return _VARIABLE.sub(
            lambda found: str(self._value(found["body"].strip(), found[0], depth)), value
        )

    def _value(self, body: str, written: str, depth: int) -> Any:  # noqa: ANN401  # whatever YAML holds
        if body.startswith("vars."):
            return self.filled(self._variable(body.split(".")[1:], written), depth + 1)
        if re.fullmatch(r"""config\(\s*['"]?AccountID['"]?\s*\)""", body):
            return ACCOUNT
        if found := _ENV.fullmatch(body):
            return self._environ.get(found["name"], found["default"] or written)
        return written

    def _variable(self, path: Sequence[str], written: str) -> Any:  # noqa: ANN401  # whatever YAML holds
        value: Any = self._variables
        for key in path:
            if not isinstance(value, dict) or key not in value:
                known = [str(one) for one in value] if isinstance(value, dict) else []
                near = get_close_matches(key, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
                raise DocumentError(f"{written}: there is no {key} under vars; {hint}")
            value = value[key]
        return value
