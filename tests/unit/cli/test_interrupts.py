"""Ctrl-C ends with 130 also where a library makes an error of its own out of it."""

from __future__ import annotations

import os
import signal
import threading
import time

import typer
from typer.testing import CliRunner

from workbench.cli import application, exits
from workbench.cli.interrupts import interrupts


def test_an_interrupt_that_a_library_swallows_is_130():
    app = application()

    @app.command("wait")
    def wait() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            raise RuntimeError("Query interrupted") from None

    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        result = CliRunner().invoke(app, ["wait"])
    finally:
        signal.signal(signal.SIGINT, former)
    assert (result.exit_code, result.output) == (exits.INTERRUPTED, "")


def test_the_former_handler_is_put_back():
    former = signal.getsignal(signal.SIGINT)
    with interrupts() as interrupted:
        assert not interrupted()
    assert signal.getsignal(signal.SIGINT) is former


def test_an_error_without_an_interrupt_is_no_interrupt():
    app = application()

    @app.command("fail")
    def fail() -> None:
        raise typer.Exit(7)

    assert CliRunner().invoke(app, ["fail"]).exit_code == 7


def test_a_query_that_runs_for_long_ends_at_once(run, snapshot):
    endless = "select count(*) from range(100000) a, range(100000) b, range(1000) c"
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    # The query has begun well before; were it later, the interrupt would reach the command all the same.
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    begun = time.monotonic()
    try:
        timer.start()
        done = run("sql", snapshot, endless)
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, former)
    assert (done.exit_code, done.output) == (exits.INTERRUPTED, "")
    assert time.monotonic() - begun < 20
