"""The functions of WASI that a broker offers; the property test of `instance` has clocks, randomness and refusals."""

from __future__ import annotations

import struct

import pytest
from wat_guests import guest, log, records, run

IMPORTS = """
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
"""
DUMP = """
  (func $dump (param $from i32) (param $size i32)
    (i32.store8 (i32.const 3000) (i32.const 1))
    (i32.store8 (i32.const 3001) (i32.or (i32.and (i32.shl (local.get $size) (i32.const 1)) (i32.const 127)) (i32.const 128)))
    (i32.store8 (i32.const 3002) (i32.shr_u (local.get $size) (i32.const 6)))
    (memory.copy (i32.const 3003) (local.get $from) (local.get $size))
    (i32.store8 (i32.add (i32.const 3003) (local.get $size)) (i32.const 0))
    (drop (call $write (i32.const 3000) (i32.add (i32.const 4) (local.get $size)))))
"""  # noqa: E501


def dumped(instructions, ranges, **options):
    """Values of the memory after instructions, one for each range."""
    dumps = " ".join(f"(call $dump (i32.const {start}) (i32.const {size}))" for start, size in ranges)
    _, found = run(guest(instructions + dumps, imports=IMPORTS, rest=DUMP), records([b"x"]), **options)
    return [one["value"] for one in found]


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("args", ["view"]),
        ("environ", ["A=1", "B=é", "REDPANDA_INPUT_TOPIC=in", "REDPANDA_OUTPUT_TOPIC_0=out", "REDPANDA_OUTPUT_TOPIC_1=other"]),  # noqa: E501
    ],
)  # fmt: skip
def test_arguments_and_variables_end_with_a_zero(kind, texts):
    whole = b"".join(text.encode() + b"\0" for text in texts)
    code = f"""(drop (call ${kind}_sizes (i32.const 6000) (i32.const 6004)))
        (drop (call ${kind} (i32.const 6100) (i32.const 6300)))"""
    ranges = [(6000, 8), (6100, 4 * len(texts)), (6300, len(whole))]
    sizes, pointers, data = dumped(code, ranges, environment={"A": "1", "B": "é"})
    assert struct.unpack("<II", sizes) == (len(texts), len(whole))
    assert data == whole
    starts = struct.unpack(f"<{len(texts)}I", pointers)
    assert [data[start - 6300 :].split(b"\0")[0].decode() for start in starts] == texts


def test_polling_returns_at_once_and_files_are_not_supported():
    code = """(i64.store (i32.const 6000) (i64.const 11)) (i32.store8 (i32.const 6008) (i32.const 0))
        (i64.store (i32.const 6048) (i64.const 22)) (i32.store8 (i32.const 6056) (i32.const 1))
        (i32.store (i32.const 6900) (call $poll (i32.const 6000) (i32.const 6200) (i32.const 2) (i32.const 6500)))
        (i32.store (i32.const 6904) (call $poll (i32.const 6000) (i32.const 6200) (i32.const 0) (i32.const 6500)))"""
    events, stored, results = dumped(code, [(6200, 64), (6500, 4), (6900, 8)])
    assert [struct.unpack_from("<QHB", events, at) for at in (0, 32)] == [(11, 0, 0), (22, 52, 1)]
    assert struct.unpack("<I", stored) == (2,)
    assert struct.unpack("<II", results) == (0, 28)


def test_lines_are_cut_and_joined_as_they_were_written():
    long, half = log("y" * 1500), log("half").replace("(i32.const 5)", "(i32.const 4)")
    made, _ = run(guest(f"{half} {log('line')} {long} {log('warned', 2)} {half}"), records([b"x"]))
    assert [(line.level, line.text[:9], len(line.text)) for line in made.log.lines] == [
        ("info", "halfline", 8), ("info", "y" * 9, 1024), ("warn", "warned", 6), ("info", "half", 4),
    ]  # fmt: skip


def test_other_files_cannot_be_written():
    code = guest(
        "(i32.store (i32.const 6000) (call $fd_write (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0)))"
        "(call $dump (i32.const 6000) (i32.const 4))",
        rest=DUMP,
    )
    made, found = run(code, records([b"x"]))
    assert struct.unpack("<I", found[0]["value"]) == (52,)
    assert made.log.written == 0
