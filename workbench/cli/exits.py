"""Exit codes, and from which error each comes."""

from __future__ import annotations

from workbench.errors import ConfigurationError, PositionError, ReplayRefused, ValidationError, WindowError

OK, FAILED, USAGE, INCOMPLETE, REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 130

_USAGE_ERRORS = (ConfigurationError, PositionError, ValidationError, WindowError)


def code_of(error: Exception) -> int:
    """Return the exit code that an error of ours ends the program with."""
    if isinstance(error, ReplayRefused):
        return REFUSED
    return USAGE if isinstance(error, _USAGE_ERRORS) else FAILED
