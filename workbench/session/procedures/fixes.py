"""Reads the fixes that a command line names: a function or JSON patch in a file, and changes of headers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from workbench.errors import ConfigurationError
from workbench.session.procedures.functions import load_function

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from workbench.replay import Draft
    from workbench.replay.rewriting.edits import Fix

HeaderChanges: TypeAlias = "Mapping[str, Any]"
"""Keywords of `Draft.edit_headers`; empty where no header is changed."""


def load_fix(path: Path) -> Fix:
    """Read a JSON patch from a ``.json`` file, or run a Python file and return its function ``fix``.

    Raises:
        ConfigurationError: The file is missing or fails, has no such function, or holds no JSON patch.
    """
    if path.suffix == ".json":
        return _load_patch(path)
    return load_function(path, "fix", "fix(body) that returns the body to send")


def edited_draft(draft: Draft, fix: Path | None, headers: HeaderChanges) -> Draft:
    """Return a draft with the edits that a command line names.

    Raises:
        ConfigurationError: The file holds no fix, or the changes of headers cannot be.
    """
    edited = draft if fix is None else draft.edit(load_fix(fix))
    return edited.edit_headers(**headers) if headers else edited


def _load_patch(path: Path) -> Fix:
    from workbench.replay.rewriting.patches import check_patch

    if not path.is_file():
        raise ConfigurationError(f"There is no file {path} with a fix.")
    try:
        return check_patch(json.loads(path.read_bytes()))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} holds no JSON patch: {error}") from error
