"""``make package``: build/code, which is what Function Compute gets as /code, and nothing else.

    functions/ shared/   this project's code
    python/              what requirements.txt pins, for Linux x86-64 and one version of Python

pip fetches the archives and checks their hashes; no docker is needed. The SDK for ECS, pure
Python, comes as a source archive and is unpacked, not built; of its operations only those are kept
that ``shared`` names. The same inputs give the same bytes: times and modes are fixed. Bytecode is
added if a Python of the runtime's version is found: without it Function Compute compiles all of it
at each cold start, 0.9 instead of 0.35 seconds of a whole CPU.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build" / "code"
RUNTIMES = ("python3.10", "python3.12")
DEFAULT_RUNTIME = "python3.10"

GLIBC_MINOR = 28
"""python3.10 runs on Debian 10, which has glibc 2.28, python3.12 on a newer one (FC docs)."""

SOURCE_ARCHIVES = frozenset({"aliyun-python-sdk-ecs"})
"""Published without a wheel; pure Python, so unpacking is all that building would do."""
LEFT_OUT = frozenset({"pycparser"})
"""Reads C for cffi's own builds; cryptography brings what it needs compiled."""

_OWN = ("functions", "shared")
_EPOCH_S = 315_532_800  # 1980-01-01, the earliest time that a zip archive can hold
_REQUESTS = PurePosixPath("aliyunsdkecs/request/v20140526")
_LICENCES = ("LICENSE", "LICENCE", "NOTICE", "COPYING")
_DROPPED_SUFFIXES = (".pyc", ".pyi", ".h", ".pyx", ".pxd")


class PackageError(Exception):
    """The package cannot be built; the message says why."""


def main(arguments: list[str] | None = None) -> int:
    """Build the package, print its size, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.package", description="Build the code.")
    parser.add_argument("--runtime", choices=RUNTIMES, default=DEFAULT_RUNTIME)
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args(arguments)
    try:
        build(options.runtime, options.target)
    except PackageError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(summary(options.runtime, options.target))
    return 0


def build(runtime: str, target: Path) -> None:
    """Make ``target`` anew.

    Args:
        runtime: one of ``RUNTIMES``.
        target: a directory that may be deleted.

    Raises:
        PackageError: pip could not fetch something, or a hash is wrong.
    """
    version = runtime.removeprefix("python")
    with TemporaryDirectory() as scratch:
        archives = fetch(version, Path(scratch))
        shutil.rmtree(target, ignore_errors=True)
        for archive in sorted(archives):
            unpack(archive, target / "python")
    for package in _OWN:
        for source in sorted((ROOT / package).rglob("*.py")):
            write(target / source.relative_to(ROOT), source.read_bytes())
    prune_operations(target / "python", operations(ROOT / "shared"))
    compile_for(version, target)
    settle(target)


def wanted(requirements: str, version: str) -> list[str]:
    """The lines of a pinned requirements file that hold for a Python, each with its hashes.

    pip decides about markers by the Python that runs it, so they are decided here and taken out.
    """
    environment = {
        "python_version": version,
        "python_full_version": f"{version}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "sys_platform": "linux",
        "os_name": "posix",
    }
    lines = []
    for entry in requirements.replace("\\\n", " ").splitlines():
        pinned, *hashes = entry.split("#", maxsplit=1)[0].split(" --hash=")
        if not pinned.strip():
            continue
        requirement = Requirement(pinned)
        if requirement.name in LEFT_OUT:
            continue
        if requirement.marker is None or requirement.marker.evaluate(environment):
            pinned_by = " ".join(f"--hash={one.strip()}" for one in hashes)
            lines.append(f"{requirement.name}{requirement.specifier} {pinned_by}")
    return lines


def fetch(version: str, scratch: Path) -> list[Path]:
    """Have pip fetch the archives of every dependency and check their hashes.

    Raises:
        PackageError: it could not.
    """
    lines = wanted((ROOT / "requirements.txt").read_text(encoding="utf-8"), version)
    sources = [line for line in lines if line.split("==")[0] in SOURCE_ARCHIVES]
    wheels = [line for line in lines if line not in sources]
    platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in range(5, GLIBC_MINOR + 1)]
    digits = version.replace(".", "")
    _download(scratch, sources, [f"--no-binary={','.join(SOURCE_ARCHIVES)}"])
    _download(
        scratch,
        wheels,
        [
            "--only-binary=:all:",
            *platforms,
            f"--python-version={version}",
            "--implementation=cp",
            f"--abi=cp{digits}",
            "--abi=abi3",
            "--abi=none",
        ],
    )
    return [path for path in scratch.iterdir() if path.suffix in {".whl", ".gz"}]


def _download(scratch: Path, lines: list[str], options: list[str]) -> None:
    requirements = scratch / "requirements.txt"
    requirements.write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", f"--dest={scratch}", "-r", str(requirements)]
    result = subprocess.run([*command, *options], check=False, capture_output=True, text=True)  # noqa: S603  # our own command
    if result.returncode:
        raise PackageError(f"pip could not fetch the dependencies:\n{result.stderr.strip()}")


def unpack(archive: Path, target: Path) -> None:
    """Write what of an archive is worth having: code, its data, and the licence."""
    for path, content in _members(archive):
        if path.suffix not in _DROPPED_SUFFIXES and "tests" not in path.parts:
            write(target / path, content)


def _members(archive: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in wheel.namelist():
                path = PurePosixPath(name)
                if not name.endswith("/") and _is_wanted(path):
                    yield path, wheel.read(name)
        return
    with tarfile.open(archive) as source:
        for member in source.getmembers():
            # All is within one directory, <name>-<version>; beside the package lie build files.
            inner = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            content = source.extractfile(member)
            if content is None or not inner.parts:
                continue
            is_package = inner.parts[0].startswith("aliyunsdk")
            if is_package:
                yield inner, content.read()
            elif _is_licence(inner):
                name = PurePosixPath(member.name).parts[0]
                yield PurePosixPath(f"{name}.dist-info", inner.name), content.read()


def _is_wanted(path: PurePosixPath) -> bool:
    """Of a wheel: its code, not its scripts; of what describes it, the licence."""
    top = path.parts[0]
    return _is_licence(path) if top.endswith(".dist-info") else not top.endswith(".data")


def _is_licence(path: PurePosixPath) -> bool:
    return path.name.upper().startswith(_LICENCES)


def operations(code: Path) -> frozenset[str]:
    """The operations of ECS that a directory's code may call: the texts that look like one."""
    return frozenset(
        node.value
        for source in code.rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def prune_operations(libraries: Path, kept: frozenset[str]) -> None:
    """Delete the SDK's request modules but those of the named operations."""
    for module in (libraries / _REQUESTS).glob("*Request.py"):
        if module.stem.removesuffix("Request") not in kept:
            module.unlink()


def compile_for(version: str, target: Path) -> None:
    """Add bytecode made by an interpreter of that version, if there is one; else say so.

    Its validity is checked by the source's hash, so that a file that is edited in the console
    counts; times would not do, as Function Compute does not promise to keep them.

    Raises:
        PackageError: a file does not compile.
    """
    python = interpreter(version)
    if python is None:
        sys.stderr.write(f"No python{version} here, so no bytecode: cold starts will be slower.\n")
        return
    command = [str(python), "-s", "-m", "compileall", "-q", "-s", str(target), "-p", "/code"]
    command += ["--invalidation-mode", "checked-hash", str(target)]
    same_order_of_sets = {"PYTHONHASHSEED": "0"}
    if subprocess.run(command, check=False, env=same_order_of_sets, cwd=target).returncode:  # noqa: S603  # our own command
        raise PackageError(f"{python} cannot compile what is in {target}")


def interpreter(version: str) -> Path | None:
    """A Python of that version: this one, one on the PATH or of pyenv; None: there is none."""
    candidates = [Path(sys.executable)]
    if found := shutil.which(f"python{version}"):
        candidates.append(Path(found))
    if pyenv := shutil.which("pyenv"):
        root = subprocess.run([pyenv, "root"], check=False, capture_output=True, text=True)  # noqa: S603  # our own command
        candidates += sorted(Path(root.stdout.strip()).glob(f"versions/{version}.*/bin/python"))
    return next((one for one in candidates if _version_of(one) == version), None)


def _version_of(python: Path) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    command = [str(python), "-I", "-c", code]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()  # noqa: S603  # our own command


def write(path: Path, content: bytes) -> None:
    """Write a file and the directories above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def settle(target: Path) -> None:
    """Give everything the same times and modes; directories last, as their times change."""
    for path in sorted(target.rglob("*"), reverse=True):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (_EPOCH_S, _EPOCH_S))
    target.chmod(0o755)
    os.utime(target, (_EPOCH_S, _EPOCH_S))


def summary(runtime: str, target: Path) -> str:
    """How big it is, as Function Compute counts it, and what makes it so."""
    files = [path for path in target.rglob("*") if path.is_file()]
    lines = [f"{target}: {len(files)} files, {_megabytes(files)} for {runtime}"]
    for part in [target / name for name in _OWN] + sorted((target / "python").iterdir()):
        size = _megabytes([path for path in files if path.is_relative_to(part)])
        if not part.name.endswith(".dist-info"):
            lines.append(f"  {part.relative_to(target)!s:<28} {size}")
    return "\n".join(lines) + "\n"


def _megabytes(files: Iterable[Path]) -> str:
    return f"{sum(path.stat().st_size for path in files) / 1_000_000:.1f} MB"


if __name__ == "__main__":
    sys.exit(main())
