"""Finds the cache folder of this package."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE_VARIABLE = "WORKBENCH_CACHE"


def cache_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the cache folder: ``WORKBENCH_CACHE``, else the cache folder of the user. It may not exist yet."""
    environ = os.environ if environ is None else environ
    if named := environ.get(CACHE_VARIABLE, "").strip():
        return Path(named).expanduser().absolute()
    return platformdirs.user_cache_path("eventbus-workbench", appauthor=False)
