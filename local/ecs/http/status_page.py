"""The status page at ``/_local/``: one HTML file that gets its data from the control endpoint.

The page is self-contained, and its own policy enforces that: a browser runs only the script in the
file, and lets it connect only to the emulator.
"""

from __future__ import annotations

import functools
import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from local.ecs.http.messages import HttpReply

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@functools.cache
def status_page() -> HttpReply:
    """The page, ready to send; read once."""
    page = files("local.ecs.http").joinpath("status.html").read_text(encoding="utf-8")
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in _SCRIPT.findall(page))
    headers = {
        "Content-Type": "text/html;charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
            "img-src data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; "
            "base-uri 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpReply(200, headers, page.encode())


def _digest(script: str) -> str:
    return b64encode(sha256(script.encode()).digest()).decode()
