"""What `check` says of links and advance notices that would reach nobody."""

from __future__ import annotations

from typing import Any

import pytest

from local.check.findings import Level
from tests.local.check.edits import Checked, props, put, template, trigger

KEY = "MARKED" * 8
URL = "https://lease.corp.cn"
PAGE = {
    "triggerName": "page",
    "triggerType": "http",
    "qualifier": "LATEST",
    "triggerConfig": {"authType": "anonymous", "methods": ["GET", "HEAD", "POST"]},
}


def set_up(document: dict[str, Any], **environ: str) -> None:
    """Links as the documents have them, but for some variables."""
    variables = {"CURFEW_LINK_KEY": KEY, "CURFEW_LINK_URL": URL, **environ}
    put(template(document)["environmentVariables"], **variables)
    put(props(document, "extend_lease"), triggers=[PAGE])


def told(found: dict[Level, list[str]]) -> list[str]:
    """What is said of links, and of who is told; no key is shown."""
    said = [one for level in (Level.WARNING, Level.ERROR) for one in found[level]]
    assert not any("MARKED" in one for one in said)
    return [one for one in said if "link" in one or "LINK" in one or "told" in one]


def test_links_set_up_as_documented_are_right(checked: Checked) -> None:
    assert told(checked(set_up)) == []
    assert told(checked()) == []


def test_a_url_without_the_page_behind_it(checked: Checked) -> None:
    def edit(document: dict[str, Any]) -> None:
        set_up(document)
        props(document, "extend_lease").pop("triggers")

    said = "messages have links, but extend_lease has no http trigger: no page will open"
    assert told(checked(edit)) == [said]


def test_a_url_without_the_function_behind_it(checked: Checked) -> None:
    def edit(document: dict[str, Any]) -> None:
        set_up(document)
        document["resources"].pop("extend_lease")

    assert told(checked(edit)) == []  # it may be deployed from elsewhere


def test_a_key_without_a_url(checked: Checked) -> None:
    def edit(document: dict[str, Any]) -> None:
        set_up(document)
        template(document)["environmentVariables"].pop("CURFEW_LINK_URL")

    said = "CURFEW_LINK_KEY is set and CURFEW_LINK_URL is not: messages have no links"
    assert told(checked(edit)) == [said]


def test_the_page_alone_needs_no_url(checked: Checked) -> None:
    def edit(document: dict[str, Any]) -> None:
        put(props(document, "extend_lease"), environmentVariables={"CURFEW_LINK_KEY": KEY})
        put(props(document, "extend_lease"), triggers=[PAGE])

    assert told(checked(edit)) == []


def test_two_keys(checked: Checked) -> None:
    def edit(document: dict[str, Any]) -> None:
        set_up(document)
        put(props(document, "extend_lease"), environmentVariables={"CURFEW_LINK_KEY": KEY[::-1]})

    said = "CURFEW_LINK_KEY of describe and of extend_lease differ: no link will be valid"
    assert told(checked(edit)) == [said]


@pytest.mark.parametrize(
    "url", ["https://lease.example.com", "https://example.org/a", "https://lease.test"]
)
def test_the_url_of_the_sample(checked: Checked, url: str) -> None:
    (said,) = told(checked(lambda d: set_up(d, CURFEW_LINK_URL=url)))

    assert said.startswith("CURFEW_LINK_URL is a sample's: put your own custom domain there")


def test_a_timer_that_tells_nobody(checked: Checked) -> None:
    def edit(document: dict[str, Any]) -> None:
        trigger(document, "describe")["triggerConfig"]["enable"] = True

    said = "timer release-notice is ON and CURFEW_NOTIFY is not set: nobody will be told"
    assert told(checked(edit)) == [said]


def test_a_timer_that_tells_somebody(checked: Checked) -> None:
    def edit(document: dict[str, Any]) -> None:
        trigger(document, "describe")["triggerConfig"]["enable"] = True
        slack = "https://hooks.slack.com/services/T/B/MARKED"
        put(template(document)["environmentVariables"], CURFEW_NOTIFY=slack)

    assert told(checked(edit)) == []
