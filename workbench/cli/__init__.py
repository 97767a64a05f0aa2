"""Builds the command line ``workbench COMMAND`` from the modules of `workbench.cli.commands`.

Each of them is named like its command and defines ``register(app)``; `application` calls it. Exit codes: 0 ok,
1 failed, 2 usage error, 3 incomplete result, 4 refused, 130 interrupted. If the reader closes the pipe, the program
ends without an error.
"""

from __future__ import annotations

import gc
import importlib
import io
import os
import pkgutil
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from workbench import __version__
from workbench.cli import commands, exits
from workbench.cli.ending import end_at_once
from workbench.cli.failures import exit_code, report
from workbench.cli.interrupts import interrupts
from workbench.cli.output import stop_writing

__all__ = ["application", "main"]


class _Commands(TyperGroup):
    """Turns the errors of every command into a message on standard error and an exit code."""

    def invoke(self, ctx: Any) -> object:
        with interrupts() as interrupted:
            try:
                result = super().invoke(ctx)
                sys.stdout.flush()
            except BrokenPipeError:
                stop_writing()
                raise typer.Exit(exits.OK) from None
            except Exception as error:
                # DuckDB and others turn an interrupt into an error of their own while they clean up.
                if interrupted():
                    raise typer.Exit(exits.INTERRUPTED) from None
                if (code := exit_code(error)) is None:
                    raise
                report(error)
                raise typer.Exit(code) from error
        return result


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"workbench {__version__}")
        raise typer.Exit(exits.OK)


Version = Annotated[
    bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
]


def application(only: str | None = None) -> typer.Typer:
    """Build the application with the commands of every module of `workbench.cli.commands`.

    Args:
        only: Load this command alone, so that it starts without importing what the others need. A name that is no
            command loads all, and ``--version`` none.
    """
    app = typer.Typer(
        cls=_Commands,
        no_args_is_help=True,
        add_completion=True,
        # Rich tracebacks print local variables, which may be secrets or payloads.
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def workbench(_version: Version = False) -> None:
        """Capture, follow, measure and replay the records of Kafka and Redpanda."""

    names = [found.name for found in pkgutil.iter_modules(commands.__path__)]
    needed = [] if only == "--version" else [only] if only in names else names
    for name in needed:
        importlib.import_module(f"{commands.__name__}.{name}").register(app)
    return app


_GARBAGE_THRESHOLD = 200_000
"""New objects until they are looked at for cycles: Python's 700 costs a tenth of the start, which makes 150,000."""


def main() -> None:
    """Run the command line. This is the entry point of the script ``workbench``."""
    gc.set_threshold(_GARBAGE_THRESHOLD)
    # numpy's linear algebra starts threads that spin for a while; no command has use for them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        # A terminal or pipe of another encoding shows what it cannot as escapes.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        application(sys.argv[1] if len(sys.argv) > 1 else None)(prog_name="workbench")
    except SystemExit as ended:
        end_at_once(ended.code)
        raise
