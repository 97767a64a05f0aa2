"""``workbench pack``: one file to send, and nothing lost when Ctrl-C ends it in the middle."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from workbench.cli import exits
from workbench.store.segments import packing


@pytest.fixture
def with_segments(run, address, monkeypatch):
    """A snapshot whose rows are in segments: those of a small capture are in the file at its end otherwise."""
    monkeypatch.setattr("workbench.store.snapshot.appending.INLINE_BYTES", 0)
    monkeypatch.setattr("workbench.capture.run.AUTOMATIC_BYTES", 0)
    assert run("capture", "orders", "-b", address, "--into", "s.duckdb").exit_code == 0
    assert list(Path("s.duckdb.segments").iterdir())
    return "s.duckdb"


@pytest.fixture
def default_interrupt():
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def rows(run, file):
    return run("sql", file, "select * from records order by 1, 2, 3", "--json").stdout


def test_one_file_holds_the_same(run, with_segments):
    before = rows(run, with_segments)
    done = run("pack", with_segments)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "is one file of" in done.stderr
    assert not Path("s.duckdb.segments").exists() or not list(Path("s.duckdb.segments").iterdir())
    assert rows(run, with_segments) == before


def test_an_interrupt_between_two_statements_leaves_all_where_it_was(
    run, with_segments, monkeypatch, default_interrupt
):
    before, move = rows(run, with_segments), packing.move_segments_in

    def interrupted(cursor, ids):
        move(cursor, ids)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(packing, "move_segments_in", interrupted)
    done = run("pack", with_segments)
    assert (done.exit_code, done.output) == (exits.INTERRUPTED, "")
    monkeypatch.setattr(packing, "move_segments_in", move)
    assert list(Path("s.duckdb.segments").iterdir())
    assert rows(run, with_segments) == before
    assert run("verify", with_segments).exit_code == 0
    assert run("pack", with_segments).exit_code == 0
    assert rows(run, with_segments) == before


def test_an_interrupt_ends_the_statement_that_runs(run, with_segments, monkeypatch, default_interrupt):
    before = rows(run, with_segments)

    def endless(cursor, _ids):
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        cursor.execute("select count(*) from range(100000) a, range(100000) b, range(1000) c")

    with monkeypatch.context() as patched:
        patched.setattr(packing, "move_segments_in", endless)
        done = run("pack", with_segments)
    assert (done.exit_code, done.output) == (exits.INTERRUPTED, "")
    assert rows(run, with_segments) == before


def test_a_file_that_is_not_there_is_not_made(run):
    done = run("pack", "gone.duckdb")
    assert done.exit_code == exits.FAILED
    assert "gone.duckdb" in done.stderr
    assert not Path("gone.duckdb").exists()
