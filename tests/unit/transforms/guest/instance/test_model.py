"""Property: an instance does what a model in Python says, which is written from the rules and not from the code."""

from __future__ import annotations

import struct

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wat_guests import MARK_2, guest, run

from workbench.model.records.columns import RECORD

IMPORTS = """
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_res_get" (func $resolution (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
"""
# Each result is kept at 3200 and on; at the end of a record all of them are written as the value of a record.
KEEP = "(i32.store (i32.add (i32.const 3200) (i32.mul (local.get $i) (i32.const 4))) {}) (local.set $i (i32.add (local.get $i) (i32.const 1)))"  # noqa: E501
TOPICS = {512: b"\x01\x06out", 528: b"\x01\x0aother", 544: b"\x01\x08none", 560: b"\x03", 576: b"\x01\x0aother\0"}
DATA = "".join(
    f'(data (i32.const {at}) "{"".join(f"{chr(92)}{byte:02x}" for byte in text)}")' for at, text in TOPICS.items()
)

operations = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 3)),
    st.tuples(st.just("write_to"), st.sampled_from([*TOPICS, 0])),
    st.tuples(st.just("clock"), st.sampled_from([0, 1, 2, 3, 4, -1])),
    st.tuples(st.just("resolution"), st.sampled_from([0, 3, 4])),
    st.tuples(st.just("random"), st.just(0)),
    st.tuples(st.just("fd_read"), st.just(0)),
    st.tuples(st.just("prestat"), st.integers(-1, 4)),
    st.tuples(st.just("yield"), st.just(0)),
)


def instructions(program):
    parts = ["(local.set $i (i32.const 0))"]
    for name, number in program:
        if name == "write":
            call = f"(call $write (i32.const 4096) (i32.sub (local.get $length) (i32.const {number})))"
        elif name == "write_to":
            size = len(TOPICS.get(number, b""))
            call = f"(call $write_to (i32.const 4096) (local.get $length) (i32.const {number}) (i32.const {size}))"
        elif name == "clock":
            call = f"(call $clock (i32.const {number}) (i64.const 1) (i32.const 3600))"
        elif name == "resolution":
            call = f"(call $resolution (i32.const {number}) (i32.const 3600))"
        elif name == "random":
            call = "(call $random (i32.const 3601) (i32.const 3))"
        elif name == "fd_read":
            call = "(call $fd_read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))"
        elif name == "prestat":
            call = f"(call $prestat (i32.const {number}) (i32.const 0))"
        else:
            call = "(call $yield)"
        parts.append(KEEP.format(call))
        parts.append(KEEP.format("(i32.load (i32.const 3600))"))
    size = len(program) * 8
    parts.append(
        f"""(i32.store8 (i32.const 3000) (i32.const 1)) (i32.store16 (i32.const 3001) (i32.const {_two_bytes(size)}))
        (memory.copy (i32.const 3003) (i32.const 3200) (i32.const {size}))
        (i32.store8 (i32.const {3003 + size}) (i32.const 0)) (drop (call $write (i32.const 3000) (i32.const {size + 4})))"""  # noqa: E501
    )
    return "\n".join(parts)


def _two_bytes(length):
    """A varint of two bytes, whatever its size: padding is allowed."""
    number = length * 2
    return (number & 0x7F | 0x80) | (number >> 7) << 8


def zigzag(number):
    number = number * 2 if number >= 0 else -number * 2 - 1
    out = b""
    while number >= 128:
        out += bytes([number % 128 + 128])
        number //= 128
    return out + bytes([number])


def sized(data):
    return zigzag(-1) if data is None else zigzag(len(data)) + data


def encoded(row):
    headers = b"".join(sized(one["name"]) + sized(one["value"]) for one in row["headers"])
    return sized(row["key"]) + sized(row["value"]) + zigzag(len(row["headers"])) + headers


def is_whole(data):
    """Whether bytes are a payload, told by reading them anew."""
    at = 0

    def number():
        nonlocal at
        found = shift = 0
        while True:
            byte = data[at]
            at += 1
            found |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return found // 2 if found % 2 == 0 else -(found + 1) // 2

    def take():
        nonlocal at
        length = number()
        if length < -1 or (length > 0 and at + length > len(data)):
            raise IndexError
        at += max(length, 0)

    try:
        take()
        take()
        count = number()
        if count < 0:
            return False
        for _ in range(2 * count):
            take()
    except IndexError:
        return False
    return at == len(data)


def model(program, rows):  # noqa: C901, PLR0912 - a table of rules
    """Yield offset, topic, and either the row that was written or the results that the guest kept."""
    ticks = 0
    scratch = bytearray(8)
    for row in rows:
        kept = []
        data = encoded(row)
        for name, number in program:
            result = 0
            if name == "write":
                result = len(data) - number
                if number == 0 or is_whole(data[:-number]):
                    yield row["offset"], "out", row if number == 0 else None
                else:
                    result = -2
            elif name == "write_to":
                topic = {0: "out", 512: "out", 528: "other"}.get(number)
                result = len(data) if topic else {544: -3}.get(number, -2)
                if topic:
                    yield row["offset"], topic, row
            elif name in {"clock", "resolution"}:
                if 0 <= number <= 3:
                    time_ns = 1_000_000
                    if name == "clock":
                        time_ns = row["timestamp_ms"] * 1_000_000 if number == 0 else ticks * 1_000_000
                        ticks += number != 0
                    scratch[:] = struct.pack("<q", time_ns)
                else:
                    result = 16
            elif name == "random":
                scratch[1:4] = b"\x09\x09\x09"
            elif name == "fd_read":
                result = 52
            elif name == "prestat":
                result = 52 if 0 <= number <= 2 else 8
            kept += [result, struct.unpack("<i", scratch[:4])[0]]
        yield row["offset"], "out", kept


record = st.fixed_dictionaries(
    {
        "key": st.none() | st.binary(max_size=5),
        "value": st.none() | st.binary(max_size=90),
        "headers": st.lists(
            st.fixed_dictionaries({"name": st.binary(max_size=3), "value": st.none() | st.binary(max_size=3)}),
            max_size=2,
        ),
        "gap": st.integers(1, 2),
        "timestamp_ms": st.integers(0, 2**43),
        "timestamp_type": st.sampled_from([0, 1]),
    }
)


@pytest.mark.promise("RP-6")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(program=st.lists(operations, min_size=1, max_size=7), drawn=st.lists(record, max_size=6))
def test_an_instance_does_what_the_model_says(program, drawn):
    offset = 0
    rows = []
    for one in drawn:
        offset += one["gap"]
        rows.append({**{name: one[name] for name in one if name != "gap"}, "partition": 0, "offset": offset})
    text = guest(instructions(program), imports=IMPORTS, rest=DATA, mark=MARK_2)
    made, found = run(text, pa.Table.from_pylist(rows, schema=RECORD))
    expected = list(model(program, rows))
    assert [(one["source_offset"], one["topic"]) for one in found] == [one[:2] for one in expected]
    for one, (_, _, written) in zip(found, expected, strict=True):
        if isinstance(written, dict):
            assert {name: one[name] for name in ("key", "value", "headers")} == {
                name: written[name] for name in ("key", "value", "headers")
            }
        elif written is not None:
            assert list(struct.unpack(f"<{len(written)}i", one["value"])) == written
    assert (made.counts.records, made.counts.outputs, made.counts.finished) == (len(rows), len(expected), True)
