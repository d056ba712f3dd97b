"""Hold a folder of recorded answers against the emulator; exit status 1 if a difference is new."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tools.answers.argued import ARGUED
from tools.answers.forms import Difference, Forms
from tools.answers.recordings import Recording, read_folder
from tools.answers.replay import heard

_USAGE = "usage: python -m tools.answers FOLDER   (or: make answers DIR=FOLDER)"


def differences(recording: Recording) -> list[Difference] | None:
    """How the emulator's answer differs in form; None if nothing like it can be asked."""
    answer = heard(recording)
    if answer is None:
        return None
    forms = Forms(
        whole=recording.whole and recording.kind != "error", typed=recording.form != "xml"
    )
    found = list(forms.differences(recording.body, answer.body))
    if recording.kind == "error" and recording.status != answer.status:
        found.append(Difference("(HTTP status)", str(recording.status), str(answer.status)))
    return list(dict.fromkeys(found))


def is_argued(recording: Recording, difference: Difference) -> bool:
    """Whether there is a reason why this difference stays."""
    return any(each.excuses(difference.place, recording.year) for each in ARGUED)


def report(recordings: list[Recording]) -> Iterator[tuple[str, bool]]:
    """A line for each recording and for each difference, and whether it is a new one."""
    for recording in recordings:
        found = differences(recording)
        if found is None:
            yield (
                f"{recording.name}: not compared, {recording.kind} is not an operation here",
                False,
            )
            continue
        new = [each for each in found if not is_argued(recording, each)]
        kept = len(found) - len(new)
        says = "differs" if new else "like the emulator's"
        yield f"{recording.name}: {says}" + (f", {kept} argued" if kept else ""), bool(new)
        for each in new:
            yield f"  {each.place}: recorded {each.recorded}, here {each.here}", True


def main(arguments: list[str]) -> int:
    """Print the report; 0 if nothing new differs, 1 if something does, 2 if it cannot be told."""
    if len(arguments) != 1 or not arguments[0]:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    try:
        recordings = read_folder(Path(arguments[0]))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    lines = list(report(recordings))
    sys.stdout.write("".join(f"{line}\n" for line, _ in lines))
    return int(any(is_new for _, is_new in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
