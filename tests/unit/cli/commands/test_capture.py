"""``workbench capture``: whoever stops reading its output does not stop it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import asyncio, os, sys
from workbench.bus.memory import MemoryLog
from workbench.cli import application
from workbench.model import NewRecord

async def fill():
    async with MemoryLog("pipes", keep=True) as log:
        await log.create_topic("orders")
        async with log.writer() as writer:
            await writer.send([NewRecord("orders", None, b"{}", (), 0) for _ in range(50)])

asyncio.run(fill())
application("capture")(["capture", "orders", "-b", "memory://pipes", "--into", sys.argv[1]], prog_name="workbench")
"""


def test_closed_pipes_do_not_end_a_capture(run, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-c", CODE, str(tmp_path / "a.duckdb")],
            stdout=writing,
            stderr=writing,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.returncode == 0
    assert "50" in run("sql", "a.duckdb", "select count(*) n from records", "-J").stdout


def test_a_group_that_committed_nothing_is_said(run, address):
    done = run("capture", "orders", "-b", address, "--into", "b.duckdb", "-o", "group:typo")
    assert done.exit_code == 0
    assert "group typo committed nothing" in done.stderr


@pytest.mark.parametrize("words", [["nope"], ["nope*"], ["orders", "-o", "typo"]])
def test_a_capture_that_cannot_begin_leaves_no_file(run, address, tmp_path, words):
    done = run("capture", *words, "-b", address, "--into", "new.duckdb")
    assert done.exit_code in (1, 2)
    assert done.stderr.startswith("Error: ")
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_that_was_there_stays_when_a_capture_cannot_begin(run, address, snapshot, tmp_path):
    assert run("capture", "nope", "-b", address, "--into", snapshot).exit_code == 1
    assert (tmp_path / snapshot).exists()
