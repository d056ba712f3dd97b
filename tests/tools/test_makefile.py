"""The Makefile: what takes long and is silent says so before."""

from __future__ import annotations

import re

from local.fc.context import CODE

MAKEFILE = CODE.joinpath("Makefile").read_text(encoding="utf-8")


def test_an_installation_says_first_what_it_installs_and_how_long_it_takes() -> None:
    (define,) = re.findall(r"^define install\n(.*?)^endef", MAKEFILE, re.MULTILINE | re.DOTALL)

    first, second = define.splitlines()
    assert re.search(r'@echo "installing the .* packages of .*: up to a minute"', first)
    assert "pip install" in second


def test_the_package_says_first_how_long_it_takes() -> None:
    (recipe,) = re.findall(r"^package:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)

    first, second = recipe.splitlines()
    assert re.search(r'@echo "package: .*: about 20 seconds"', first)
    assert "tools.package" in second
