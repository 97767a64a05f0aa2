"""Remembers which settings files the user trusts, by path and content.

A settings file in the working folder may have come with a cloned repository or lie on a shared drive. It decides where
one connects and which secrets are read, so its clusters are used only after the user said so. A file that was changed
since has to be trusted again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from typing import TYPE_CHECKING

from workbench.config.folders import config_folder
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "trusted.json"


def digest_of(content: bytes) -> str:
    """Return the digest by which a file is remembered."""
    return hashlib.sha256(content).hexdigest()


def trusted_digests() -> dict[str, str]:
    """Return the digest of each trusted file by its absolute path."""
    path = config_folder() / FILE_NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}, the list of trusted settings files, cannot be read: {error}.") from error
    files = found.get("files") if isinstance(found, dict) else None
    return {str(name): str(digest) for name, digest in files.items()} if isinstance(files, dict) else {}


def remember(path: Path, digest: str | None) -> None:
    """Enter a file with its digest, or remove it (None). The list is replaced as a whole, so it is never half-written.

    Raises:
        ConfigurationError: The user's configuration folder cannot be written.
    """
    files = trusted_digests()
    key = _key(path)
    if digest is None:
        files.pop(key, None)
    else:
        files[key] = digest
    folder = config_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, encoding="utf-8", delete=False) as file:
            json.dump({"files": files}, file, indent=1, sort_keys=True)
        os.replace(file.name, folder / FILE_NAME)  # noqa: PTH105 - Path.replace would read the same
    except OSError as error:
        raise ConfigurationError(
            f"{folder}, where trusted files are remembered, cannot be written: {error}."
        ) from error


def distrust_reason(path: Path, content: bytes) -> str | None:
    """Return why the clusters of a file are not used, or None for a file that the user trusts as it is."""
    known = trusted_digests().get(_key(path))
    if known is None:
        return "is not trusted"
    return None if known == digest_of(content) else "has changed since it was trusted"


def _key(path: Path) -> str:
    return os.fspath(path.resolve())
