"""``python -m local.ecs``: an emulated ECS on this machine, for any client of ECS.

Parses the options; their meaning is documented where they are used. Curfew is not needed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import click
import msgspec

from local.ecs.account.durations import Durations
from local.ecs.account.quirks import Quirks
from local.ecs.account.state import Saved
from local.ecs.authority import Authority, TlsUnavailableError
from local.ecs.clock import Clock, RealClock
from local.ecs.complaints import complaint, there_are
from local.ecs.emulator import Emulator, Options, local_credential
from local.ecs.engine import ACTIONS, Ecs
from local.ecs.epilog import epilog
from local.ecs.fleet.fleet import Fleet, default_fleet, generated_fleet
from local.ecs.fleet.fleet_file import read_fleet
from local.ecs.gateway.faults import AnyFault, parse_fault
from local.ecs.gateway.throttle import DENIALS, UNLIMITED, Denial, Limits, read_denial
from local.ecs.http.hosts import Hosts, read_host
from local.ecs.http.panels import Panel
from local.ecs.printable import printable
from local.ecs.ram.caller import ALLOW_ALL
from local.ecs.ram.policy import Policy
from local.ecs.server import Neighbour, serve
from local.ecs.state_file import Keeper, StateFileError, read_state

PORT = 8421
"""The default port."""
LOG_SIZE = 10_000
"""How many requests the log of a served emulator remembers."""

T = TypeVar("T")


class _Read(click.ParamType[T], Generic[T]):
    """An option's text, parsed by a function whose ValueError is a usage error."""

    def __init__(self, name: str, read: Callable[[str], T]) -> None:
        self.name = name
        self._read = read

    def convert(
        self,
        value: str,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> T:
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(printable(str(error)), param, ctx)


@dataclass(frozen=True, slots=True)
class _StateFile:
    """The state file, and what it already contains."""

    path: Path
    saved: Saved | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """The parsed options."""

    port: int
    fleet_file: Callable[[datetime], Fleet] | None
    generated: int | None
    state_file: _StateFile | None
    seed: int
    speed: float
    jitter: float
    policies: tuple[str, ...]
    limits: tuple[tuple[str, int], ...]
    window: float
    throttled_as: Denial
    retry_after: bool
    faults: tuple[AnyFault, ...]
    quirks: tuple[tuple[str, Any], ...]
    allow_hosts: tuple[str, ...]
    tls: bool


def _fleet_file(text: str) -> Callable[[datetime], Fleet]:
    """A function that reads the fleet at the start and at each reset; tried once for errors."""
    if not Path(text).is_file():
        raise ValueError(f"file {text} does not exist")
    read = partial(read_fleet, Path(text))
    read(datetime.now(timezone.utc))
    return read


def _state_file(text: str) -> _StateFile:
    path = Path(text)
    if not path.parent.is_dir():
        raise ValueError(f"there is no directory {path.parent}")
    return _StateFile(path, read_state(path))


def _policy(text: str) -> str:
    """The policy's own text, when it is one."""
    try:
        document = Path(text).read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{text}: {error.strerror}") from None
    Policy(document)
    return document


def _limit(text: str) -> tuple[str, int]:
    action, _, number = text.rpartition("=")
    if not action or not number.isdecimal():
        raise ValueError(
            f"{text!r} is not a limit; write StopInstances=10, or *=100 for all others"
        )
    if action not in ACTIONS | {"*"}:
        raise ValueError(f"there is no API {action!r}; {there_are(action, sorted(ACTIONS))}")
    return action, int(number)


def _quirk(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    names = Quirks.__dataclass_fields__
    if name not in names:
        raise ValueError(f"there is no quirk {name!r}; {there_are(name, names)}")
    try:
        quirks = msgspec.convert({name: value}, Quirks, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(complaint(error, Quirks)) from None
    return name, getattr(quirks, name)


_OPTIONS = (
    click.option(
        "--port",
        type=click.IntRange(0, 65_535),
        default=PORT,
        show_default=True,
        help="The port; 0 for any free one.",
    ),
    click.option(
        "--fleet",
        "fleet_file",
        type=_Read("file", _fleet_file),
        help="The instances to start with, in YAML or JSON.",
    ),
    click.option(
        "--generated",
        type=click.IntRange(0, 1_000_000),
        metavar="N",
        help="Start with N generated instances instead.",
    ),
    click.option(
        "--state",
        "state_file",
        type=_Read("file", _state_file),
        help="The file that keeps the state across restarts; takes precedence over --fleet.",
    ),
    click.option(
        "--seed", type=int, default=0, show_default=True, help="The seed of ids, jitter and faults."
    ),
    click.option(
        "--speed",
        type=click.FloatRange(min=0, min_open=True, max=100_000),
        default=1.0,
        show_default=True,
        help="How many emulated seconds pass in one real second.",
    ),
    click.option(
        "--jitter",
        type=click.FloatRange(0, 1),
        default=0.0,
        show_default=True,
        help="By what share the duration of each transition varies.",
    ),
    click.option(
        "--policy",
        "policies",
        type=_Read("file", _policy),
        multiple=True,
        help="A RAM policy for the access key; may be given several times.",
    ),
    click.option(
        "--limit",
        "limits",
        type=_Read("api=n", _limit),
        multiple=True,
        help="Calls an API allows per window: StopInstances=10; *=100 for all others.",
    ),
    click.option(
        "--window",
        type=click.FloatRange(min=0.1, max=3600),
        default=60.0,
        show_default=True,
        help="The length of that window in seconds.",
    ),
    click.option(
        "--throttled-as",
        type=_Read("denial", read_denial),
        default="Throttling.User",
        show_default=True,
        help=f"How a call over the limit is refused: {', '.join(DENIALS)}, or 429:Throttling.",
    ),
    click.option(
        "--retry-after",
        is_flag=True,
        help="Send x-acs-retry-after with the time until the window ends.",
    ),
    click.option(
        "--fault",
        "faults",
        type=_Read("json", lambda text: parse_fault(text.encode())),
        multiple=True,
        help="A fault that is active from the start.",
    ),
    click.option(
        "--quirk",
        "quirks",
        type=_Read("name=value", _quirk),
        multiple=True,
        help="Switch an unverified behaviour of ECS to its other variant.",
    ),
    click.option(
        "--tls",
        is_flag=True,
        help="Also speak https on the same port, with a certificate authority made for this run.",
    ),
    click.option(
        "--allow-host",
        "allow_hosts",
        type=_Read("name", read_host),
        multiple=True,
        help="Another host name to accept, besides this machine's own and *.aliyuncs.com.",
    ),
)


def _with_options(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def make_command(
    neighbour: Neighbour | None = None, panels: tuple[Panel, ...] = ()
) -> click.Command:
    """The command that serves an emulator, and optionally something else beside it.

    Args:
        neighbour: what else to serve on the same port.
        panels: what else the status page shows.
    """

    @click.command(
        "serve",
        context_settings={"help_option_names": ["-h", "--help"]},
        short_help="Serve an emulated ECS until Ctrl-C.",
        epilog=epilog(),
    )
    @_with_options
    def command(**options: Any) -> None:  # noqa: ANN401  # click's; _Given has their types
        """Serve an emulated ECS on this machine until Ctrl-C: access key local, secret local.

        Without --fleet or --generated it has the default fleet of some 25 instances. The status
        page is at /_local/. The fields of a fleet file, the faults and the quirks are listed
        below; docs/emulator.md explains them.
        """
        _serve(_Given(**options), neighbour, panels)

    return command


command = make_command()


def _serve(given: _Given, neighbour: Neighbour | None, panels: tuple[Panel, ...]) -> None:
    if given.fleet_file and given.generated is not None:
        raise click.UsageError("--fleet and --generated: use one of them, not both")
    emulator = _emulator(given, panels)
    keeper = Keeper(given.state_file.path, lambda: emulator.engine) if given.state_file else None
    with tempfile.TemporaryDirectory(prefix="ecs-emulator-") as folder:
        authority = _authority(Path(folder), given)
        try:
            serve(
                emulator,
                port=given.port,
                keeper=keeper,
                neighbour=neighbour,
                authority=authority,
            )
        except StateFileError as error:
            raise click.ClickException(
                f"the state could not be saved: {printable(str(error))}"
            ) from None
        except OSError as error:
            raise click.ClickException(
                f"cannot listen on port {given.port}: {error.strerror}; choose another with --port"
            ) from None


def _authority(folder: Path, given: _Given) -> Authority | None:
    """The server's certificate authority, if it is to speak https."""
    if not given.tls:
        return None
    try:
        return Authority(folder, given.allow_hosts)
    except TlsUnavailableError as error:
        raise click.ClickException(str(error)) from None


def _emulator(given: _Given, panels: tuple[Panel, ...]) -> Emulator:
    saved = given.state_file.saved if given.state_file else None
    clock = _clock(saved, given.speed)
    durations = Durations(jitter=given.jitter)
    quirks = Quirks(**dict(given.quirks))
    fleet = _fleet(given)
    calls = {action: limit for action, limit in given.limits if action != "*"}
    emulator = Emulator(
        Options(
            build=lambda: Ecs(
                fleet(clock.now()), clock, durations=durations, quirks=quirks, seed=given.seed
            ),
            credentials=[
                local_credential(Policy(*given.policies) if given.policies else ALLOW_ALL)
            ],
            limits=Limits(
                calls,
                dict(given.limits).get("*", UNLIMITED),
                timedelta(seconds=given.window),
                given.throttled_as,
                given.retry_after,
            ),
            faults=given.faults,
            seed=given.seed,
            log_size=LOG_SIZE,
            hosts=Hosts(frozenset(given.allow_hosts)),
            panels=panels,
        )
    )
    if saved:
        emulator.gateway.engine = _restored(saved, clock, durations, quirks)
    return emulator


def _fleet(given: _Given) -> Callable[[datetime], Fleet]:
    """The function that makes the fleet, at the start and at each reset, given the time."""
    if given.fleet_file:
        return given.fleet_file
    if given.generated is not None:
        number, seed = given.generated, given.seed
        return lambda _: generated_fleet(number, seed)
    return default_fleet


def _clock(saved: Saved | None, speed: float) -> RealClock:
    """A clock that starts at the machine's time, but never before what was saved."""
    now = datetime.now(timezone.utc)
    return RealClock(max(now, saved.now) if saved else now, speed)


def _restored(saved: Saved, clock: Clock, durations: Durations, quirks: Quirks) -> Ecs:
    try:
        return Ecs.restored(saved, clock, durations=durations, quirks=quirks)
    except ValueError as error:
        raise click.BadParameter(printable(str(error)), param_hint="--state") from None
