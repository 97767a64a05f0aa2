"""Reads the limits of memory: an environment variable, else ``workbench.toml``, else a default; all in MiB.

| limit | variable | default |
|---|---|---|
| ``tail_memory_mb``: what all live tables share | ``WORKBENCH_TAIL_MEMORY_MB`` | 512 |
| ``max_record_mb``: the largest record that is read | ``WORKBENCH_MAX_RECORD_MB`` | 64 |
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from workbench.config.settings import load_settings
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TAIL_MEMORY = "WORKBENCH_TAIL_MEMORY_MB"
MAX_RECORD = "WORKBENCH_MAX_RECORD_MB"
MOST_RECORD_MB = 1024
"""Arrow's offsets have 32 bits, so that one column holds less than 2 GiB."""
_MOST_MB = 1 << 20


def tail_memory_bytes(environ: Mapping[str, str] | None = None, *, folder: Path | None = None) -> int:
    """Return how much memory all live tables share, in bytes.

    Args:
        environ: Environment to read; by default that of the process.
        folder: Where to look for the settings file from; by default the working folder.

    Raises:
        ConfigurationError: The value is no whole number of MiB, or below 16.
    """
    environ = os.environ if environ is None else environ
    given = _given(environ, TAIL_MEMORY, 16, _MOST_MB)
    return (given or load_settings(environ, folder).tail_memory_mb or 512) << 20


def max_record_bytes(environ: Mapping[str, str] | None = None, *, folder: Path | None = None) -> int:
    """Return the size of the largest record that is read, in bytes.

    Args:
        environ: Environment to read; by default that of the process.
        folder: Where to look for the settings file from; by default the working folder.

    Raises:
        ConfigurationError: The value is no whole number of MiB from 1 to 1024.
    """
    environ = os.environ if environ is None else environ
    given = _given(environ, MAX_RECORD, 1, MOST_RECORD_MB)
    return (given or load_settings(environ, folder).max_record_mb or 64) << 20


def _given(environ: Mapping[str, str], variable: str, least: int, most: int) -> int | None:
    text = environ.get(variable, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and least <= int(text[:9]) <= most):
        raise ConfigurationError(f"{variable} is {text!r}; give a whole number of MiB from {least} to {most}.")
    return int(text)
