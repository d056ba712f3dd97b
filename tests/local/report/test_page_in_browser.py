"""The page in a real browser: legible, whole at any width, in both lights, and on paper."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from local.cli.main import group
from tests.harness.browser import CHROMIUM, ILLEGIBLE, Page, browser_page
from tests.local.report.lines import line, run, started, text_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]
LONG = "x" * 120
EVIL = '</style><script>document.title = "evil"</script><img src=x onerror="document.title = 1">'
TOO_WIDE = """
[...document.querySelectorAll("body *")].flatMap((each) => [each, ...each.childNodes])
  .filter((each) => !each.parentElement.closest(".hidden"))
  .filter((each) => {
    const range = document.createRange();
    range.selectNode(each);
    const right = (each.getBoundingClientRect ? each : range).getBoundingClientRect().right;
    return right > document.documentElement.clientWidth + 1;
  })
  .map((each) => each.nodeName + " " + each.textContent.trim().slice(0, 30))
"""
OVERLAPPING = """
(() => {
  const bad = [];
  for (const row of document.querySelectorAll("tr, .figures")) {
    const boxes = [...row.children].map((each) => each.getBoundingClientRect())
      .filter((box) => box.width && box.height);
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
      const beside = a.left >= b.right - 1 || b.left >= a.right - 1;
      const below = a.top >= b.bottom - 1 || b.top >= a.bottom - 1;
      if (!beside && !below) bad.push(row.textContent.trim().slice(0, 40));
    }));
  }
  return bad;
})()
"""
CLOSEST = """
(() => {
  const light = (rgb) => rgb.map((c) => c / 255)
    .map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], .05);
  const lights = [...document.querySelectorAll(".legend li")]
    .map((each) => getComputedStyle(each, "::before").backgroundColor)
    .map((text) => light(text.match(/[0-9.]+/g).map(Number)))
    .sort((a, b) => a - b);
  return Math.min(...lights.slice(1).map((each, i) => each / lights[i]));
})()
"""
FILLS = """
Object.fromEntries(["ours", "off"].map((name) =>
  [name, getComputedStyle(document.querySelector(`path.${name}`)).fill]))
"""


def abroad(currency: str) -> list[dict[str, Any]]:
    """An instance of millions an hour, in a region of its own."""
    price = {"hour": 9e5, "ends": 8e5, "currency": currency}
    where = {"id": f"i-{currency}", "region": currency, "tags": {"owner": LONG}}
    return [line(**where), line(**where, action="describe", list_price=price), started(**where)]


@pytest.fixture
def page_file(tmp_path: Path) -> Path:
    log, page = tmp_path / f"{LONG}.log", tmp_path / "night.html"
    priced = line(action="describe", list_price={"hour": 99, "ends": 1234.5, "currency": "CNY"})
    hostile = {"id": "i-2", "name": EVIL + LONG, "reason": EVIL + LONG, "tags": {"owner": EVIL}}
    lines = [
        line(), priced, started(), run(), run(outcome="incomplete"),
        line(**hostile, result="failed"), line(**{**hostile, "id": "i-3", "name": LONG}),
        line(id="i-4", tags={"owner": LONG, LONG: LONG}, result="skipped", reason=LONG),
        line(id="i-5", seen_at="2999-01-01T00:00:00Z"), {"log": LONG, "name": "x" * 5_000_000},
        *[line(id=f"i-{100 + number}", tags={"owner": f"{number}"}) for number in range(50)],
        *[one for currency in ("EUR", "JPY", "USD") for one in abroad(currency)],
    ]  # fmt: skip
    log.write_text(text_of(*lines), encoding="utf-8")
    done = CliRunner().invoke(group, ["report", str(log), "--html", str(page)])
    assert done.exit_code == 0, done.output
    return page


async def look(
    page_file: Path, width: int, *, dark: bool, paper: bool = False
) -> dict[str, object]:
    async with browser_page() as page:
        await page.open(page_file.as_uri(), width, dark=dark)
        await page.until("document.readyState === 'complete'")
        if paper:
            scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
            await page.call("Emulation.setEmulatedMedia", media="print", features=[scheme])
        found = await _seen(page)
        assert page.complaints == []
        return found


async def _seen(page: Page) -> dict[str, object]:
    return {
        "illegible": await page.evaluate(ILLEGIBLE),
        "too wide": await page.evaluate(TOO_WIDE),
        "overlapping": await page.evaluate(OVERLAPPING),
        "title": await page.evaluate("document.title"),
        "fills": await page.evaluate(FILLS),
        "closest": await page.evaluate(CLOSEST),
        "page": await page.evaluate("getComputedStyle(document.body).backgroundColor"),
    }


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_it_is_legible_and_whole(page_file: Path, width: int, *, dark: bool) -> None:
    seen = asyncio.run(look(page_file, width, dark=dark))

    assert (seen["illegible"], seen["too wide"], seen["overlapping"]) == ([], [], [])
    assert seen["title"] == "Fleet report · 23 to 24 November 2020"


def test_on_paper_it_is_light_and_keeps_its_colours(page_file: Path) -> None:
    dark, paper = (
        asyncio.run(look(page_file, 1280, dark=True, paper=paper)) for paper in (False, True)
    )

    assert paper["page"] == "rgb(255, 255, 255)"
    assert paper["illegible"] == []
    assert dark["page"] != paper["page"]
    assert json.dumps(dark["fills"]) != json.dumps(paper["fills"])


def test_on_paper_nothing_is_cut_off(page_file: Path) -> None:
    seen = asyncio.run(look(page_file, 690, dark=False, paper=True))  # A4 less its margins

    assert (seen["too wide"], seen["overlapping"]) == ([], [])


@pytest.mark.parametrize(
    ("dark", "paper"),
    [(False, False), (True, False), (False, True)],
    ids=["light", "dark", "paper"],
)
def test_the_states_differ_in_lightness_alone(page_file: Path, *, dark: bool, paper: bool) -> None:
    """So people who do not see colours tell them apart, and so does a print in grey."""
    seen = asyncio.run(look(page_file, 1280, dark=dark, paper=paper))

    assert float(str(seen["closest"])) > 1.4


@pytest.mark.parametrize("width", [1280, 400])
def test_a_screen_reader_finds_tables_with_names_and_headers(page_file: Path, width: int) -> None:
    async def heard() -> list[tuple[str, str]]:
        async with browser_page() as page:
            await page.open(page_file.as_uri(), width, dark=False)
            await page.until("document.readyState === 'complete'")
            nodes = (await page.call("Accessibility.getFullAXTree"))["nodes"]
        seen = [one for one in nodes if not one["ignored"]]
        return [(one["role"]["value"], one.get("name", {}).get("value", "")) for one in seen]

    said = asyncio.run(heard())

    for one in (
        *(("table", "Day by day"), ("columnheader", "day"), ("columnheader", "hours")),
        *(("rowheader", "Tue 24 Nov"), ("table", "By owner"), ("rowheader", "li.na")),
    ):
        assert one in said
    pictures = [name for role, name in said if role == "image"]
    assert len(pictures) == 2
    assert all(name.startswith("Most at once: ") for name in pictures)
