"""However a command ends: exit code, what is said where, and no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import click.testing
import pytest
import typer
from typer.testing import CliRunner

from workbench import __version__
from workbench.cli import application, exits
from workbench.errors import (
    BrokerUnavailableError,
    ConfigurationError,
    ReplayRefused,
    UnknownTopicError,
    WindowError,
)

RUNNER = CliRunner()
WORKBENCH = [sys.executable, "-m", "workbench"]


def ends_with(error):
    app = application()

    @app.command("fail")
    def fail() -> None:
        typer.echo("before")
        raise error

    return RUNNER.invoke(app, ["fail"])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BrokerUnavailableError("nobody answers"), 1),
        (UnknownTopicError("no such topic", topic="x"), 1),
        (ConfigurationError("bad address"), 2),
        (WindowError("bad time", text="@x"), 2),
        (ReplayRefused("G-5", reasons=["G-5: no"]), 4),
    ],
)
def test_errors_of_ours_are_a_line_on_stderr(error, code):
    result = ends_with(error)
    assert (result.exit_code, result.stdout, result.stderr) == (code, "before\n", f"Error: {error}\n")


def test_hostile_names_in_a_message_stay_visible():
    result = ends_with(UnknownTopicError("topic \x1b[2J\u202egpj.exe\nsecond line", topic="x"))
    assert result.stderr == "Error: topic \\x1b[2J\\u202egpj.exe\nsecond line\n"


def test_a_bug_is_not_dressed_up():
    result = ends_with(RuntimeError("a bug"))
    assert (result.exit_code, str(result.exception)) == (1, "a bug")


def test_an_interrupt_is_130():
    assert ends_with(KeyboardInterrupt()).exit_code == exits.INTERRUPTED


def test_version():
    result = RUNNER.invoke(application(), ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"workbench {__version__}\n")


def test_the_version_needs_no_command():
    """Half of its time were modules that only commands use."""
    code = (
        "import atexit, sys\n"
        "sys.argv = ['workbench', '--version']\n"
        "import workbench.cli\n"
        "others = ('pydantic', 'workbench.cli.commands.')\n"
        "atexit.register(lambda: print([name for name in sys.modules if name.startswith(others)]))\n"
        "workbench.cli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"workbench {__version__}", "[]"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["kafka", "up", "--port", "x"],
        ["kafka", "down", "--nonsense"],
        ["demo", "--rate", "-1"],
        ["demo", "--rate", "nan"],
        ["demo", "--history", "-1"],
        ["demo", "--history", "nan"],
        ["lag", "--every", "nan"],
        ["lag", "--every", "inf"],
    ],
)
def test_usage_errors_are_2(arguments):
    assert RUNNER.invoke(application(), arguments).exit_code == exits.USAGE


def test_every_command_module_is_there():
    result = RUNNER.invoke(application(), ["--help"])
    assert result.exit_code == 0
    for command in ("kafka", "doctor", "lab"):
        assert command in result.stdout


def words_of(group, so_far=()):
    """The words of each command, groups included."""
    yield so_far
    for name, command in getattr(group, "commands", {}).items():
        yield from words_of(command, (*so_far, name))


def test_help_fits_a_terminal_of_80_columns_whole():
    # Typer's own runner would make all commands anew for each of them.
    app = typer.main.get_command(application())
    commands = list(words_of(app))
    assert len(commands) > 20
    for words in commands:
        result = click.testing.CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "80", "TERM": "xterm"})
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        assert [line for line in lines if len(line) > 80] == [], words
        frame = [line for line in lines if line[:1] in "│╭╰" and line]
        assert frame, words
        assert {(len(line), line[-1] in "│╮╯") for line in frame} == {(80, True)}, words
        # What rich cannot fit it cuts with an ellipsis; ours stand in the two texts that show a command line.
        assert [
            line for line in lines if "…" in line and "FILE --where …" not in line and "[PATTERN]…" not in line
        ] == []


def test_a_closed_pipe_is_quiet():
    reading, writing = os.pipe()
    os.close(reading)
    try:
        command = [*WORKBENCH, "doctor", "--all", "--json"]
        run = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    finally:
        os.close(writing)
    assert (run.returncode, run.stderr) == (0, "")


# A suite started in the background inherits an ignored SIGINT; a command in a terminal does not.
PATIENT = """
import signal, time, typer
from workbench.cli import application
signal.signal(signal.SIGINT, signal.default_int_handler)
app = application()
@app.command("wait")
def wait() -> None:
    typer.echo("waiting")
    time.sleep(20)
app()
"""


def test_control_c_ends_with_130_and_without_a_traceback():
    command = [sys.executable, "-u", "-c", PATIENT, "wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "waiting\n"
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (exits.INTERRUPTED, "")
    assert time.monotonic() - begun < 20
