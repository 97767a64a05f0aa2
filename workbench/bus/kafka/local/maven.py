"""Runs Maven, which fetches the programs of local servers once."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError
from workbench.text import duration_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SHOWN_LINES = 5


def run_maven(arguments: Sequence[str], work: Path, *, what: str, without: str, timeout_s: float) -> None:
    """Run Maven in a folder.

    Args:
        arguments: What it is to do.
        work: The folder.
        what: What it fetches, for errors: ``the Kafka jars``.
        without: Said where there is no Maven: what needs it, and what helps.
        timeout_s: Longest time that it may take.

    Raises:
        ConfigurationError: It is missing, failed, or took longer.
    """
    maven = shutil.which("mvn")
    if maven is None:
        raise ConfigurationError(without)
    try:
        run = subprocess.run(  # noqa: S603 - Maven, with arguments of ours
            [maven, "-B", "-q", *arguments], cwd=work, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigurationError(
            f"Maven did not fetch {what} within {duration_text(timeout_s, 's')}. Check the network and try again."
        ) from error
    if run.returncode != 0:
        lines = [line for line in (run.stdout + run.stderr).splitlines() if "[ERROR]" in line]
        raise ConfigurationError(f"Maven could not fetch {what}: {' '.join(lines[:_SHOWN_LINES]) or run.stderr}")
