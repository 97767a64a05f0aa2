"""Reads how much memory the live tables may share: ``WORKBENCH_TAIL_MEMORY_MB``, else ``workbench.toml``, else 512."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from workbench.config.settings import load_settings
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VARIABLE = "WORKBENCH_TAIL_MEMORY_MB"
DEFAULT_MB = 512
LEAST_MB = 16


def tail_memory_bytes(environ: Mapping[str, str] | None = None, *, folder: Path | None = None) -> int:
    """Return the limit in bytes.

    Args:
        environ: Environment to read; by default that of the process.
        folder: Where to look for the settings file from; by default the working folder.

    Raises:
        ConfigurationError: The value is no whole number of MiB, or below 16.
    """
    environ = os.environ if environ is None else environ
    text = environ.get(VARIABLE, "").strip()
    if text:
        if not (text.isascii() and text.isdecimal() and int(text) >= LEAST_MB):
            raise ConfigurationError(f"{VARIABLE} is {text!r}; give a whole number of MiB, {LEAST_MB} or more.")
        return int(text) << 20
    return (load_settings(environ, folder).tail_memory_mb or DEFAULT_MB) << 20
