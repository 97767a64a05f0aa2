"""Records as lines: odd times, and what a terminal gets instead of control characters."""

from __future__ import annotations

import io
import json
import sys
import time

import pyarrow as pa
import pytest

from workbench.cli.record_lines import json_lines, layout_lines, short_lines
from workbench.model import Chunk
from workbench.model.records.columns import RECORD

HOSTILE = "abc\u202egpj\x9b\x1b\U000e0041".encode()


def chunk(value=b"v", timestamp_ms=0, headers=()):
    row = {
        "partition": 0, "offset": 7, "timestamp_ms": timestamp_ms, "timestamp_type": 0, "key": None, "value": value,
        "headers": [{"name": name, "value": text} for name, text in headers],
    }  # fmt: skip
    return Chunk("t", 0, pa.RecordBatch.from_pylist([row], schema=RECORD), 7, 8, 8)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("timestamp_ms", "shown"),
    [
        (2**63 - 1, "9,223,372,036,854,775,807 ms since 1970"),
        (1_764_300_000_000_000, "1,764,300,000,000,000 ms since 1970"),
        (-(2**63), "-9,223,372,036,854,775,808 ms since 1970"),
        (-5, "1969-12-31 23:59:59.995Z"),
        (-1, "no time"),
        (0, "1970-01-01 00:00:00.000Z"),
    ],
)
def test_a_time_that_is_not_today_has_its_date_or_its_number(timestamp_ms, shown):
    assert next(short_lines(chunk(timestamp_ms=timestamp_ms))) == f"{shown} t/0@7 null v\n".encode()


def test_a_time_of_today_has_no_date():
    assert next(short_lines(chunk(timestamp_ms=int(time.time() * 1000)))).index(b"Z ") == len("04:50:04.851")


def test_json_for_a_terminal_is_the_same_value_in_escapes(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    line = next(json_lines(chunk(HOSTILE))).decode()
    assert line.isascii()
    assert json.loads(line)["value"] == HOSTILE.decode()


def test_json_for_a_pipe_is_text_as_it_is():
    assert "\u202e" in next(json_lines(chunk(HOSTILE))).decode()


def test_a_layout_in_a_terminal_shows_escapes(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    line = next(layout_lines("%s %h")(chunk(HOSTILE, headers=((b"\x1b", b"\xff"),)))).decode()
    assert line == r"abc\u202egpj\x9b\x1b\U000e0041 \x1b=0xff (1 byte, not UTF-8)"
