"""RAM policies: may this caller do this to that?

Parses policy documents (Policy structure and syntax, RAM; Version 1) and decides as RAM does: an
explicit Deny first, then an Allow, otherwise no. Anything unsupported in a document is refused when
it is parsed, never ignored. Only conditions on a resource's tags are supported. The engine knows
which resources a call touches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.ecs.wildcards import wildcard

_TAG_PREFIXES = ("acs:ResourceTag/", "ecs:tag/")
"""The current key, and the old one (Use tags to control access to ECS resources, RAM)."""


class PolicyError(ValueError):
    """A policy document is invalid; the message says what and where."""


@dataclass(frozen=True, slots=True)
class _Operator:
    """A condition operator.

    Attributes:
        matches: whether a tag's value matches one value of the policy.
        negated: it holds when no value of the policy matches, instead of when any does.
    """

    matches: Callable[[str, str], bool]
    negated: bool = False


def _same(value: str, wanted: str) -> bool:
    return value == wanted


def _same_ignoring_case(value: str, wanted: str) -> bool:
    return value.casefold() == wanted.casefold()


def _like(value: str, pattern: str) -> bool:
    return wildcard(pattern, single=True)(value)


_OPERATORS = {
    "StringEquals": _Operator(_same),
    "StringNotEquals": _Operator(_same, negated=True),
    "StringEqualsIgnoreCase": _Operator(_same_ignoring_case),
    "StringNotEqualsIgnoreCase": _Operator(_same_ignoring_case, negated=True),
    "StringLike": _Operator(_like),
    "StringNotLike": _Operator(_like, negated=True),
}


@dataclass(frozen=True, slots=True)
class _Condition:
    operator: _Operator
    tag: str
    wanted: tuple[str, ...]

    def holds(self, tags: Mapping[str, str], *, in_doubt: bool) -> bool:
        value = tags.get(self.tag)
        if value is None:
            # How RAM treats a negated operator on an absent key is not documented.
            return in_doubt and self.operator.negated
        return self.operator.negated != any(self.operator.matches(value, w) for w in self.wanted)


class _AnyOf:
    """A set of patterns: whether the text equals or matches one of them."""

    def __init__(self, patterns: Iterable[str]) -> None:
        given = frozenset(patterns)
        self._forms = tuple(wildcard(each) for each in given if "*" in each)
        self._exact = frozenset(each for each in given if "*" not in each)

    def matches(self, text: str) -> bool:
        return text in self._exact or any(has_form(text) for has_form in self._forms)


@dataclass(frozen=True, slots=True)
class _Statement:
    """One statement.

    Attributes:
        actions: in lower case, as they are compared.
    """

    deny: bool
    actions: _AnyOf
    resources: _AnyOf
    conditions: tuple[_Condition, ...]

    def applies(self, action: str, resource: str, tags: Mapping[str, str]) -> bool:
        return (
            self.actions.matches(action.lower())
            and self.resources.matches(resource)
            and all(each.holds(tags, in_doubt=self.deny) for each in self.conditions)
        )


class Policy:
    """One or more policy documents attached to a caller: an authorizer of the engine.

    With an absent tag, no condition of an Allow holds, and every negated condition of a Deny does:
    where RAM's behaviour is not documented, access is denied.
    """

    def __init__(self, *documents: str | Mapping[str, Any]) -> None:
        """Parse the documents; without any, nothing is allowed.

        Args:
            *documents: each as JSON text or as the object that such text decodes to.

        Raises:
            PolicyError: a document is not a RAM policy, or uses something unsupported here.
        """
        self._statements = tuple(each for document in documents for each in _read(document))

    def allows(self, action: str, resource: str, tags: Mapping[str, str]) -> bool:
        """Whether the documents together allow an action.

        Args:
            action: such as ``ecs:StopInstances``; RAM ignores its case.
            resource: such as ``acs:ecs:cn-hangzhou:123456789012:instance/i-…``.
            tags: the resource's tags. Ignored for Describe and List operations, since these are
                checked before any resource is known.
        """
        statements = self._applying(action, resource, tags)
        return bool(statements) and not any(each.deny for each in statements)

    def denies(self, action: str, resource: str, tags: Mapping[str, str]) -> bool:
        """Whether a Deny forbids it, whatever is allowed; arguments as for `allows`."""
        return any(each.deny for each in self._applying(action, resource, tags))

    def _applying(
        self, action: str, resource: str, tags: Mapping[str, str]
    ) -> tuple[_Statement, ...]:
        if action.partition(":")[2].startswith(("Describe", "List")):
            tags = {}
        return tuple(each for each in self._statements if each.applies(action, resource, tags))


def _read(document: str | Mapping[str, Any]) -> tuple[_Statement, ...]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except json.JSONDecodeError as error:
            raise PolicyError(f"the policy is not JSON: {error}") from error
        except RecursionError:
            raise PolicyError("the policy is nested too deeply") from None
    if not isinstance(document, Mapping):
        raise PolicyError(f"the policy must be a JSON object, not {document!r}")
    _only(document, {"Version", "Statement"}, "the policy")
    if document.get("Version") != "1":
        raise PolicyError(f'Version must be "1", not {document.get("Version")!r}')
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if statements == []:
        raise PolicyError(
            "Statement must be a list of one object or more; no policy at all allows nothing"
        )
    if not isinstance(statements, list):
        raise PolicyError(f"Statement must be a list of objects, not {statements!r}")
    return tuple(_statement(each, f"Statement[{n}]") for n, each in enumerate(statements))


def _statement(statement: object, where: str) -> _Statement:
    if not isinstance(statement, Mapping):
        raise PolicyError(f"{where} must be an object, not {statement!r}")
    _only(statement, {"Effect", "Action", "Resource", "Condition"}, where)
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyError(f'{where}.Effect must be "Allow" or "Deny", not {effect!r}')
    return _Statement(
        deny=effect == "Deny",
        actions=_AnyOf(map(str.lower, _texts(statement.get("Action"), f"{where}.Action"))),
        resources=_AnyOf(_texts(statement.get("Resource"), f"{where}.Resource")),
        conditions=_conditions(statement.get("Condition", {}), f"{where}.Condition"),
    )


def _conditions(block: object, where: str) -> tuple[_Condition, ...]:
    if not isinstance(block, Mapping):
        raise PolicyError(f"{where} must be an object, not {block!r}")
    conditions = []
    for name, keys in block.items():
        if name not in _OPERATORS:
            raise PolicyError(f"{where}: {name} is not one of {', '.join(_OPERATORS)}")
        if not isinstance(keys, Mapping) or not keys:
            raise PolicyError(f"{where}.{name} must be an object of condition keys, not {keys!r}")
        for key, values in keys.items():
            wanted = _texts(values, f"{where}.{name}.{key}")
            conditions.append(_Condition(_OPERATORS[name], _tag(key, where), wanted))
    return tuple(conditions)


def _tag(key: str, where: str) -> str:
    for prefix in _TAG_PREFIXES:
        if key.startswith(prefix) and len(key) > len(prefix):
            return key[len(prefix) :]
    raise PolicyError(
        f"{where}: {key} is not a supported condition key; expected acs:ResourceTag/<tag key>"
    )


def _texts(value: object, where: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise PolicyError(f"{where} must be a string or a list of strings, not {value!r}")
    return tuple(values)


def _only(found: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(found) - known):
        raise PolicyError(
            f"{where} has {', '.join(unknown)}: only {', '.join(sorted(known))} are known"
        )
