"""Says on standard error why a command failed: errors of this package, of the file system, and of text encodings."""

from __future__ import annotations

import typer

from workbench.cli import exits
from workbench.errors import WorkbenchError
from workbench.text import visible


def exit_code(error: Exception) -> int | None:
    """Return the exit code for an error, or None for one that only a fault of this package can cause."""
    if isinstance(error, WorkbenchError):
        return exits.code_of(error)
    if isinstance(error, UnicodeEncodeError):
        return exits.USAGE
    return exits.FAILED if isinstance(error, OSError) else None


def report(error: Exception) -> None:
    """Write what happened to standard error, with control characters made visible."""
    for number, line in enumerate(_text(error).splitlines() or [type(error).__name__]):
        typer.echo(f"{'' if number else 'Error: '}{visible(line, None)}", err=True)


def _text(error: Exception) -> str:
    if isinstance(error, WorkbenchError):
        return str(error)
    if isinstance(error, UnicodeEncodeError):
        return f"Text that was given is not UTF-8 at character {error.start}; correct it."
    if isinstance(error, OSError) and error.strerror:
        names = [str(name) for name in (error.filename, error.filename2) if name is not None]
        return f"{' and '.join(names) or 'The system'}: {error.strerror}."
    return str(error)
