"""The command line: ``workbench COMMAND``, one module of this package for each family of commands.

A command module defines ``register(app)``; `application` finds it. Exit codes: 0 ok, 1 failed, 2 usage, 3 incomplete,
4 refused, 130 interrupted; a closed pipe ends quietly.
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
from workbench.cli import exits
from workbench.errors import WorkbenchError
from workbench.text import visible

__all__ = ["application", "main"]


class _Commands(TyperGroup):
    """Ends every command the same way, whatever it raised."""

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
    """Whoever read our output has left; without this the interpreter complains about it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"workbench {__version__}")
        raise typer.Exit(exits.OK)


Version = Annotated[
    bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
]


def application() -> typer.Typer:
    """Build the application with every command module of this package."""
    app = typer.Typer(
        cls=_Commands,
        no_args_is_help=True,
        add_completion=False,
        # Its tracebacks print local variables, secrets and payloads among them.
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def workbench(_version: Version = False) -> None:
        """Capture, follow, measure and replay what runs through Kafka and Redpanda."""

    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        if (register := getattr(module, "register", None)) is not None:
            register(app)
    return app


def main() -> None:
    """Run the command line; the entry point of the script ``workbench``."""
    application()(prog_name="workbench")
