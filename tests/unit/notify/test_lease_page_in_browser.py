"""The page behind a link in a real browser: legible and whole on a phone, in both lights."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from shared.notify.lease_page import TITLES, Shown, answer
from shared.notify.words import Spoken
from tests.harness.browser import CHROMIUM, ILLEGIBLE, browser_page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]
FACTS = [("name", "x" * 128), ("id", "i-" + "9" * 60), ("region", "cn-hangzhou"), ("release", "?")]
WHOLE = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
HOVER = """
document.querySelectorAll("button").forEach((each) => {
  const filter = [...document.styleSheets[0].cssRules]
    .find((rule) => rule.selectorText === "button:hover").style.filter;
  const share = Number(filter.match(/[0-9.]+/)[0]);
  const [r, g, b] = getComputedStyle(each).backgroundColor.match(/[0-9.]+/g);
  each.style.backgroundColor = `rgb(${r * share}, ${g * share}, ${b * share})`;
})
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_answer_is_legible_and_whole(tmp_path: Path, language: Spoken, *, dark: bool) -> None:
    files = {what: tmp_path / f"{what}.html" for what in TITLES}
    for what, file in files.items():
        shown = Shown(200, what, FACTS, (1, 3), detail="y" * 200)
        file.write_text(answer(shown, language)["body"], encoding="utf-8")

    async def look() -> dict[str, list[object]]:
        seen = {}
        async with browser_page() as page:
            for what, file in files.items():
                await page.open(file.as_uri(), 375, dark=dark)
                await page.until(
                    f"document.readyState === 'complete' && location == '{file.as_uri()}'"
                )
                at_rest = await page.evaluate(ILLEGIBLE)
                await page.evaluate(HOVER)
                seen[what] = [at_rest, await page.evaluate(ILLEGIBLE), await page.evaluate(WHOLE)]
            assert page.complaints == []
        return seen

    assert asyncio.run(look()) == {what: [[], [], True] for what in TITLES}
