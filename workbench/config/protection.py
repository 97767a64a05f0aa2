"""Decides whether a cluster is protected, however it was named: by its addresses and by its cluster id.

A profile marks a cluster as protected. The mark belongs to the cluster: the bare address of the same brokers, another
name of the host, or another profile must not lead around it. So the id of each protected cluster is remembered when a
connection to it is opened.
"""

from __future__ import annotations

import json
import os
import tempfile
from typing import TYPE_CHECKING

from workbench.config.folders import config_folder
from workbench.config.settings import load_settings
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from workbench.config.profile import Profile

FILE_NAME = "protected.json"


def is_protected(profile: Profile, cluster_id: str) -> bool:
    """Whether a cluster is protected by its profile, by another profile with one of its addresses, or by its id.

    Raises:
        ConfigurationError: The list of protected clusters cannot be read: then nothing says that this one is not.
    """
    if profile.protected:
        _remember(cluster_id, profile.label)
        return True
    if profile.address.scheme == "memory":
        return False
    hosts = set(profile.address.hosts)
    marked = (entry for entry in load_settings().clusters.values() if entry.protected)
    return any(hosts & set(entry.address.hosts) for entry in marked) or cluster_id in _remembered()


def _remembered() -> dict[str, str]:
    """Return the name of the profile that protects it by the id of each cluster."""
    path = config_folder() / FILE_NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{path}, the list of protected clusters, cannot be read: {error}. Correct or remove it."
        ) from error
    return {str(one): str(name) for one, name in found.items()} if isinstance(found, dict) else {}


def _remember(cluster_id: str, name: str) -> None:
    known = _remembered()
    if not cluster_id or known.get(cluster_id) == name:
        return
    folder = config_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Replaced as a whole, so that another process never reads half of it.
        with tempfile.NamedTemporaryFile("w", dir=folder, encoding="utf-8", delete=False) as file:
            json.dump({**known, cluster_id: name}, file, indent=1, sort_keys=True)
        os.replace(file.name, folder / FILE_NAME)  # noqa: PTH105 - Path.replace would read the same
    except OSError as error:
        raise ConfigurationError(
            f"{folder}, where protected clusters are remembered, cannot be written: {error}."
        ) from error
