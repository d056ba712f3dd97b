"""Asynchronous invocations of the simulated Function Compute."""

from __future__ import annotations

import threading

from local.fc.endpoint import ASYNCHRONOUS


def join_all() -> None:
    """Wait until those that run have ended."""
    for thread in threading.enumerate():
        if thread.name == ASYNCHRONOUS:
            thread.join()
