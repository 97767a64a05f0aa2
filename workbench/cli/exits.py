"""Defines the exit codes, and maps errors to them."""

from __future__ import annotations

from workbench.errors import ConfigurationError, PositionError, ReplayRefused, ValidationError, WindowError

OK, FAILED, USAGE, INCOMPLETE, REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 130

_USAGE_ERRORS = (ConfigurationError, PositionError, ValidationError, WindowError)


def code_of(error: Exception) -> int:
    """Return the exit code for an error of this package."""
    if isinstance(error, ReplayRefused):
        return REFUSED
    return USAGE if isinstance(error, _USAGE_ERRORS) else FAILED
