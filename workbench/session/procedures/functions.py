"""Loads functions that a command line names by their file."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def load_function(path: Path, name: str, form: str) -> Callable[..., Any]:
    """Run a Python file and return one of its functions.

    Args:
        path: The file.
        name: Name of the function.
        form: How it is called and what it returns, for the error: ``fix(body) that returns the body to send``.

    Raises:
        ConfigurationError: The file is missing or fails, or has no such function.
    """
    if not path.is_file():
        raise ConfigurationError(f"There is no file {path} with a {name}.")
    try:
        found = runpy.run_path(str(path)).get(name)
    except Exception as error:
        # The file is the user's own program: whatever it raises is told as its error.
        raise ConfigurationError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise ConfigurationError(f"{path} has no function {form}.")
    function: Callable[..., Any] = found
    return function
