"""Finds the folders of this package: for its cache, and for the user's configuration."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE_VARIABLE = "WORKBENCH_CACHE"
CONFIG_VARIABLE = "WORKBENCH_CONFIG_FOLDER"


def cache_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the cache folder: ``WORKBENCH_CACHE``, else the cache folder of the user. It may not exist yet."""
    environ = os.environ if environ is None else environ
    if named := environ.get(CACHE_VARIABLE, "").strip():
        return Path(named).expanduser().absolute()
    return platformdirs.user_cache_path("eventbus-workbench", appauthor=False)


def config_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the configuration folder: ``WORKBENCH_CONFIG_FOLDER``, else that of the user. It may not exist yet."""
    environ = os.environ if environ is None else environ
    if named := environ.get(CONFIG_VARIABLE, "").strip():
        return Path(named).expanduser().absolute()
    return platformdirs.user_config_path("eventbus-workbench", appauthor=False)
