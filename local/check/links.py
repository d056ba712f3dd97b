"""Links and advance notices that reach nobody, although each setting is valid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from local.check.document import is_known
from local.check.findings import Finding, error, warning
from local.check.function import Function, variables
from local.check.repeats import request_of

_KEY, _URL, _NOTIFY = "CURFEW_LINK_KEY", "CURFEW_LINK_URL", "CURFEW_NOTIFY"


def check_links(functions: Sequence[Function]) -> Iterator[Finding]:
    """Findings about describe, which makes links and advance notices, and the page behind them."""
    by_name = {one.name: one for one in functions}
    describe, page = by_name.get("describe"), by_name.get("extend_lease")
    if describe is None:
        return
    if _NOTIFY not in variables(describe.resource):
        for name in _advance_notices(describe):
            yield warning(f"timer {name} is ON and {_NOTIFY} is not set: nobody will be told")
    key, url = (describe.environ.get(one, "").strip() for one in (_KEY, _URL))
    if key and _URL not in variables(describe.resource):
        yield warning(f"{_KEY} is set and {_URL} is not: messages have no links")
    if page is None or not (key and url):
        return
    if not any(one.get("triggerType") == "http" for one in page.resource.triggers):
        yield warning(
            "messages have links, but extend_lease has no http trigger: no page will open"
        )
    if page.environ.get(_KEY, "").strip() not in {"", key}:
        yield error(f"{_KEY} of describe and of extend_lease differ: no link will be valid")


def _advance_notices(function: Function) -> Iterator[str]:
    """The enabled timers that list what ECS will release."""
    for trigger in function.resource.triggers:
        config = trigger.get("triggerConfig")
        if not (isinstance(config, dict) and is_known(config) and config.get("enable") is True):
            continue
        if "releases_within" in (request_of(config) or {}):
            yield str(trigger.get("triggerName"))
