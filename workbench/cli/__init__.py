"""Builds the command line ``workbench COMMAND`` from the modules of `workbench.cli.commands`.

Each of them defines ``register(app)``; `application` calls it. Exit codes: 0 ok, 1 failed, 2 usage error,
3 incomplete result, 4 refused, 130 interrupted. If the reader closes the pipe, the program ends without an error.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from workbench import __version__
from workbench.cli import commands, exits
from workbench.errors import WorkbenchError
from workbench.text import visible

__all__ = ["application", "main"]


class _Commands(TyperGroup):
    """Turns the errors of every command into a message on standard error and an exit code."""

    def invoke(self, ctx: Any) -> object:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _stop_writing()
            raise typer.Exit(exits.OK) from None
        except WorkbenchError as error:
            typer.echo(f"Error: {_printable(str(error))}", err=True)
            raise typer.Exit(exits.code_of(error)) from error
        return result


def _printable(text: str) -> str:
    return "\n".join(visible(line, None) for line in text.splitlines())


def _stop_writing() -> None:
    """Redirect standard output to null: otherwise Python reports the closed pipe when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"workbench {__version__}")
        raise typer.Exit(exits.OK)


Version = Annotated[
    bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
]


def application() -> typer.Typer:
    """Build the application with the commands of every module of `workbench.cli.commands`."""
    app = typer.Typer(
        cls=_Commands,
        no_args_is_help=True,
        add_completion=False,
        # Rich tracebacks print local variables, which may be secrets or payloads.
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def workbench(_version: Version = False) -> None:
        """Capture, follow, measure and replay the records of Kafka and Redpanda."""

    for found in pkgutil.iter_modules(commands.__path__):
        importlib.import_module(f"{commands.__name__}.{found.name}").register(app)
    return app


def main() -> None:
    """Run the command line. This is the entry point of the script ``workbench``."""
    application()(prog_name="workbench")
