"""A whole s.yaml: its top level, each function, and what deploying will not do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from local.check.document import Document, DocumentError, read_document
from local.check.findings import Finding, Level, Section, error, note, warning
from local.check.function import Function, function_of
from local.check.links import check_links
from local.check.overlaps import check_overlaps
from local.check.properties import check_properties
from local.check.roles import check_policy, check_role
from local.check.schedules import check_schedules
from local.check.settings import check_settings
from local.check.triggers import check_triggers, limits_of_the_deploy_tool
from local.fc.context import CODE

_EDITION = "3.0.0"
_BUILT = "./build/code"


def check_file(
    path: Path, now: datetime, environ: Mapping[str, str], ram: Path = CODE / "ram"
) -> tuple[Section, ...]:
    """Check an s.yaml.

    Args:
        path: The file.
        now: The present, from which a timer's next times are counted.
        environ: Where ``${env('X')}`` is looked up.
        ram: Where the roles' policies are.

    Returns:
        A section for the file, one for each function in the file's order, and one of what ``s
        deploy`` does not do; the last two only if the file could be read. Problems shared by
        several functions, such as in their template, appear once, in the first.
    """
    try:
        document = read_document(path, environ)
    except DocumentError as problem:
        return (Section(str(path), (error(str(problem)),)),)
    functions = [one for each in document.resources if (one := function_of(each))]
    by_function = [
        (
            *check_properties(one),
            *check_settings(one),
            *check_role(one),
            *check_policy(one, ram),
            *check_triggers(one, now),
            *check_schedules(one, now),
        )
        for one in functions
    ]
    common = _common(by_function)
    top = (*_top(document, functions), *_once(common, functions, by_function))
    return (
        Section(str(path), top),
        *(
            Section(_title(one), tuple(each for each in findings if each not in common))
            for one, findings in zip(functions, by_function, strict=True)
        ),
        Section("s deploy", tuple(limits_of_the_deploy_tool(functions))),
    )


def _common(by_function: Sequence[tuple[Finding, ...]]) -> tuple[Finding, ...]:
    """Problems of more than one function, in the order in which they are found."""
    number = Counter(one for findings in by_function for one in set(findings))
    return tuple(
        one
        for one in dict.fromkeys(each for findings in by_function for each in findings)
        if number[one] > 1 and one.level in {Level.WARNING, Level.ERROR}
    )


def _once(
    common: tuple[Finding, ...],
    functions: Sequence[Function],
    by_function: Sequence[tuple[Finding, ...]],
) -> Iterator[Finding]:
    """Each of these, with the functions that it applies to."""
    for finding in common:
        whose = [
            one for one, findings in zip(functions, by_function, strict=True) if finding in findings
        ]
        names = ", ".join(str(one.props.get("functionName")) for one in whose)
        of = f"all {len(functions)} functions" if len(whose) == len(functions) else names
        yield replace(finding, details=(*finding.details, f"in {of}"))


def _title(function: Function) -> str:
    props = function.props
    parts = (props.get("functionName"), function.region, props.get("runtime"))
    return " · ".join(str(one) for one in parts if one) + f" · {function.timeout_s:g} s"


def _top(document: Document, functions: list[Function]) -> Iterator[Finding]:
    if str(document.raw.get("edition")) != _EDITION:
        yield error(f"edition: {document.raw.get('edition')!r} is invalid: expected {_EDITION}")
    if not document.raw.get("access"):
        yield warning(
            "access is missing: s will ask which access key to use; docs/deploy.md uses default"
        )
    if not functions:
        yield error("no resource has a handler such as functions.stop.handler")
    ours = {id(one.resource) for one in functions}
    for resource in document.resources:
        if id(resource) not in ours:
            yield _foreign(resource.name, resource.component, str(resource.props.get("handler")))
    places = Counter((one.region, str(one.props.get("functionName"))) for one in functions)
    for (region, name), number in places.items():
        if number > 1:
            yield error(
                f"two resources are called {name} in {region}; one would overwrite the other"
            )
    yield from check_overlaps(functions)
    yield from check_links(functions)
    yield from _package(document, functions)


def _foreign(name: str, component: str, handler: str) -> Finding:
    if component != "fc3" and handler.startswith("functions"):
        return error(f"resources.{name}: component: {component!r} is invalid: expected fc3")
    if handler.startswith("functions"):
        return error(
            f"resources.{name}: handler {handler} is not one of Curfew's: expected "
            "functions.NAME.handler"
        )
    return note(f"resources.{name} is not a function of Curfew; it was not checked")


def _package(document: Document, functions: list[Function]) -> Iterator[Finding]:
    """Whether the package is built before it is deployed."""
    others = [
        str(one.props.get("functionName"))
        for one in functions
        if str(one.props.get("code")).rstrip("/") not in {_BUILT, _BUILT[2:]}
    ]
    if others:
        yield warning(f"code of {', '.join(others)} is not {_BUILT}, which make package builds")
    actions = document.raw.get("actions")
    before = actions.get("pre-deploy") if isinstance(actions, dict) else None
    if "make package" not in str(before):
        yield warning(
            "actions.pre-deploy does not run make package, so an outdated package may be deployed"
        )
    runtimes = {str(one.props.get("runtime")) for one in functions}
    if len(runtimes) > 1:
        yield error(
            f"runtimes {', '.join(sorted(runtimes))}: make package builds for one runtime only; "
            "functions with another one would not load"
        )
