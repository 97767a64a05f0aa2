"""``workbench tail``: what reaches a pipe, which records are the last ones, and what kcat's options mean here."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest

from workbench.bus.memory import MemoryLog
from workbench.cli import exits
from workbench.model import NewRecord

WHOLE = ("-o", "beginning", "-e")


def test_a_pipe_gets_the_bytes_themselves(run, address):
    done = run("tail", "orders", "-b", address, *WHOLE, "-f", r"%k|%s|%h\0\x41")
    assert done.stdout_bytes == (
        b'k0|{\n  "event_id": "e0", "correlation_id": "flow-1", "type": "placed"\n}|h=x\0A'
        b"\xff|\x08\x00\xfe|n=NULL\0A||\0At||\0Ar|abc\xe2\x80\xaegpj.exe\x1b[31m\xc2\x9b|\0A"
    )


def test_values_and_a_delimiter_as_kcat_writes_them(run, address):
    done = run("tail", "-C", "-t", "orders", "-b", address, *WHOLE, "-q", "-c", "2", "-p", "0", "-D", "%\\x00")
    assert done.stdout_bytes.endswith(b"}%\0\x08\x00\xfe%\0")


@pytest.mark.parametrize("layout", ["%q", r"\q", "%", "a\\", r"\xg1"])
def test_a_letter_without_a_meaning_is_an_error(run, address, layout):
    done = run("tail", "orders", "-b", address, *WHOLE, "-f", layout)
    assert (done.exit_code, done.stdout) == (exits.USAGE, "")
    assert "means nothing" in done.stderr


def test_json_holds_every_byte(run, address):
    rows = [json.loads(line) for line in run("tail", "orders", "-b", address, *WHOLE, "-J").stdout.splitlines()]
    assert [row["offset"] for row in rows] == [0, 1, 2, 3, 4]
    assert base64.b64decode(rows[1]["value_b64"]) == b"\x08\x00\xfe"
    assert (rows[2]["key"], rows[2]["value"], rows[3]["value"]) == (None, "", None)
    assert rows[1]["headers"] == [{"name": "n", "value": None}]


def test_control_characters_are_escapes_in_lines_for_people(run, address):
    shown = run("tail", "orders", "-b", address, *WHOLE).stdout
    assert r"abc\u202egpj.exe\x1b[31m\x9b" in shown
    assert not {"\u202e", "\x1b", "\x9b"} & set(shown)


async def transactional(address: str) -> None:
    async with MemoryLog(address.removeprefix("memory://"), keep=True) as log:
        await log.create_topic("tx")
        async with log.writer(transactional_id="one") as writer:
            for number in range(3):
                await writer.begin()
                await writer.send([NewRecord("tx", None, b"%d" % number, (), 0)])
                await (writer.abort() if number == 1 else writer.commit())


@pytest.mark.parametrize(("offset", "values"), [("-1", b"2"), ("-2", b"02"), ("-100", b"02")])
def test_the_last_records_are_records_and_no_markers(run, address, offset, values):
    asyncio.run(transactional(address))
    done = run("tail", "tx", "-b", address, "-o", offset, "-e", "-f", "%s")
    assert done.stdout_bytes == values


def test_a_group_that_committed_nothing_is_said(run, address):
    done = run("tail", "orders", "-b", address, "-o", "group:typo", "-e", "-f", "%o ")
    assert done.stdout == "0 1 2 3 4 "
    assert "group typo committed nothing" in done.stderr
    quiet = run("tail", "orders", "-b", address, "-o", "group:typo", "-e", "-f", "%o ", "-q")
    assert quiet.stderr == ""


def test_times_as_kcat_writes_them(run, fill):
    address = fill({"t": [NewRecord("t", None, b"%d" % at, (), 0, at) for at in (1000, 2000, 3000)]})
    done = run("tail", "t", "-b", address, "-o", "s@1500", "-o", "e@2500", "-f", "%s")
    assert done.stdout == "2000"


@pytest.mark.parametrize(
    "words",
    [("-o", "yesterday"), ("-o", "s@noon"), ("-o", "stored"), ("-o", "1", "-o", "2"), ("-f", "%s", "-J")],
)
def test_bad_options_are_a_line(run, address, words):
    done = run("tail", "orders", "-b", address, *words)
    assert done.exit_code == exits.USAGE
    assert done.stderr.startswith("Error: ")


def test_no_topic_is_a_line(run, address):
    assert run("tail", "-b", address).exit_code == exits.USAGE
