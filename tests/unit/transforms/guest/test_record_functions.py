"""What a guest reads and writes, as bytes in its memory and as results of the host functions."""

from __future__ import annotations

import struct

import pyarrow as pa
import pytest
from wat_guests import HEADER, MARK_2, NEXT, guest, records, run

VALUE = """
  ;; Writes a record whose value is the memory from $from on, below 64 bytes.
  (func $dump (param $from i32) (param $size i32)
    (i32.store8 (i32.const 3000) (i32.const 1))
    (i32.store8 (i32.const 3001) (i32.shl (local.get $size) (i32.const 1)))
    (memory.copy (i32.const 3002) (local.get $from) (local.get $size))
    (i32.store8 (i32.add (i32.const 3002) (local.get $size)) (i32.const 0))
    (drop (call $write (i32.const 3000) (i32.add (i32.const 3) (local.get $size)))))
  (func $result (param $number i32)
    (i32.store (i32.const 3100) (local.get $number))
    (call $dump (i32.const 3100) (i32.const 4)))
"""


def numbers(found):
    return [struct.unpack("<i", one["value"])[0] for one in found]


def test_the_header_and_the_record_are_stored_as_numbers_of_the_right_width():
    rows = records([b"a", b"bb"], first=300)
    _, found = run(guest("(call $dump (i32.const 0) (i32.const 56)) (call $dump (i32.const 64) (i32.const 24))", rest=VALUE), rows)  # fmt: skip  # noqa: E501
    header = struct.unpack("<qiihxxiqqqhxxi", found[0]["value"])
    assert header == (300, 2, 0, 0, 1, 1000, 1001, -1, -1, -1)
    assert struct.unpack("<B7xqq", found[1]["value"]) == (0, 1000, 300)
    assert struct.unpack("<B7xqq", found[3]["value"]) == (0, 1001, 301)


def test_the_header_returns_the_largest_payload():
    code = guest("", rest=VALUE, each_batch="").replace(f"(i32.lt_s {HEADER} (i32.const 0))", f"(i32.lt_s (local.tee $i {HEADER}) (i32.const 0))")  # fmt: skip  # noqa: E501
    _, found = run(
        code.replace("(loop $record", "(call $result (local.get $i)) (loop $record"), records([b"a", b"bbbb"])
    )
    assert numbers(found) == [len("\4k0") + 1 + 4 + 1]


def test_append_time_has_its_bit():
    rows = records([b"a"], timestamp_type=1)
    _, found = run(guest("(call $dump (i32.const 0) (i32.const 56))", rest=VALUE), rows)
    assert struct.unpack("<qiihxxiqqqhxxi", found[0]["value"])[3] == 8


def test_a_buffer_that_is_too_small_does_not_consume_the_record():
    small = NEXT.replace("60000", "2")
    code = guest(
        "(call $result (local.get $length))", rest=VALUE, each_batch=f"(local.set $n {small}) (local.set $i {small})"
    )
    code = code.replace("(loop $record", "(call $result (local.get $n)) (call $result (local.get $i)) (loop $record")
    _, found = run(code, records([b"abc"]))
    assert numbers(found) == [-2, -2, 8]
    assert [one["source_offset"] for one in found] == [None, None, 0]


def test_before_the_first_batch_nothing_is_active():
    code = guest(
        "(call $result (i32.load (i32.const 900))) (call $result (i32.load (i32.const 904))) (call $result (i32.load (i32.const 908)))",  # noqa: E501
        rest=VALUE,
        before=f"""(i32.store (i32.const 900) {NEXT})
          (i32.store (i32.const 904) (call $write (i32.const 0) (i32.const 3)))
          (i32.store (i32.const 908) (call $write_to (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 0)))""",
    )
    _, found = run(code, records([b"a"]))
    assert numbers(found) == [-1, -1, -1]


@pytest.mark.parametrize(
    ("options", "result", "topic"),
    [
        (b"", 8, "out"),
        (b"\x01\x0aother", 8, "other"),
        (b"\x01\x06out", 8, "out"),
        (b"\x01\x08none", -3, None),
        (b"\x01\x0aother!", -2, None),
        (b"\x02\x0aother", -2, None),
        (b"\x01\x0cother", -2, None),
        (b"\x01", -2, None),
        (b"\x01\x01", -2, None),
        (b"\x01\x02\xff", -3, None),
    ],
)
def test_options_choose_a_topic(options, result, topic):
    escaped = "".join(f"\\{byte:02x}" for byte in options)
    code = guest(
        f"(call $result (call $write_to (i32.const 4096) (local.get $length) (i32.const 512) (i32.const {len(options)})))",  # noqa: E501
        rest=f'{VALUE} (data (i32.const 512) "{escaped}")',
        mark=MARK_2,
    )
    _, found = run(code, records([b"abc"]))
    *written, said = found
    assert numbers([said]) == [result]
    assert [one["topic"] for one in written] == ([topic] if topic else [])


def test_a_malformed_payload_is_refused_and_the_guest_goes_on():
    code = guest(
        "(call $result (call $write (i32.const 4096) (i32.sub (local.get $length) (i32.const 1))))", rest=VALUE
    )
    made, found = run(code, records([b"a", b"b"]))
    assert numbers(found) == [-2, -2]
    assert made.counts.finished


@pytest.mark.promise("RP-6")
def test_key_value_and_headers_can_be_anything_that_a_record_can():
    headers = [{"name": b"a", "value": None}, {"name": b"a", "value": b""}, {"name": b"\xff", "value": b"\x00"}]
    rows = pa.concat_tables(
        [records([b"v"], headers=headers), records([None], first=1, key=None), records([b""], first=2, key=b"")]
    )
    _, found = run(guest(), rows)
    assert [(one["key"], one["value"], one["headers"]) for one in found] == [
        (b"k0", b"v", headers),
        (None, None, []),
        (b"", b"", []),
    ]
    assert [(one["source_offset"], one["output_index"], one["timestamp_ms"]) for one in found] == [
        (0, 0, 1000),
        (1, 0, 1000),
        (2, 0, 1000),
    ]


@pytest.mark.promise("RP-6")
def test_outputs_of_one_record_are_counted_from_0():
    _, found = run(guest("(drop (call $write (i32.const 4096) (local.get $length)))" * 3), records([b"a", b"b"]))
    assert [(one["source_offset"], one["output_index"]) for one in found] == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 1),
        (1, 2),
    ]


SWAP = """
  (func $varint (param $at i32) (result i32) (local $shift i32) (local $number i32) (local $byte i32)
    (loop $more
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $number (i32.or (local.get $number) (i32.shl (i32.and (local.get $byte) (i32.const 127)) (local.get $shift))))
      (local.set $shift (i32.add (local.get $shift) (i32.const 7)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $more (i32.ge_u (local.get $byte) (i32.const 128))))
    (i32.add (local.get $at) (i32.shr_u (local.get $number) (i32.const 1))))
"""  # noqa: E501


@pytest.mark.promise("RP-6")
def test_a_guest_can_swap_key_and_value():
    # $i is the end of the key, $end that of the value; keys and values of this test are not null.
    code = guest(
        """(local.set $i (call $varint (i32.const 4096)))
        (local.set $end (call $varint (local.get $i)))
        (memory.copy (i32.const 9000) (local.get $i) (i32.sub (local.get $end) (local.get $i)))
        (memory.copy (i32.add (i32.const 9000) (i32.sub (local.get $end) (local.get $i))) (i32.const 4096) (i32.sub (local.get $i) (i32.const 4096)))
        (memory.copy (i32.add (i32.const 4904) (local.get $end)) (local.get $end) (i32.sub (i32.add (i32.const 4096) (local.get $length)) (local.get $end)))
        (drop (call $write (i32.const 9000) (local.get $length)))""",  # noqa: E501
        rest=SWAP,
    ).replace("(local $i i32)", "(local $i i32) (local $end i32)")
    _, found = run(code, records([b"v" * 100, b""], headers=[{"name": b"h", "value": b"1"}]))
    assert [(one["key"], one["value"]) for one in found] == [(b"v" * 100, b"k0"), (b"", b"k1")]
    assert all(one["headers"] == [{"name": b"h", "value": b"1"}] for one in found)


@pytest.mark.promise("RP-6")
def test_a_guest_can_drop_all():
    made, found = run(guest(""), records([b"a"] * 1_100))
    assert found == []
    assert (made.counts.records, made.counts.outputs, made.counts.finished) == (1_100, 0, True)


@pytest.mark.promise("RP-6")
def test_a_guest_can_write_tombstones_and_headers_of_its_own():
    # The key as it was read (two bytes behind its length), a null value, two headers: one null, one empty.
    payload = "".join(f"(i32.store8 (i32.const {5003 + at}) (i32.const {byte}))" for at, byte in enumerate(b"\x01\x04\x02a\x01\x02b\x00"))  # fmt: skip  # noqa: E501
    copied = "(memory.copy (i32.const 5000) (i32.const 4096) (i32.const 3))"
    _, found = run(guest(f"{copied} {payload} (drop (call $write (i32.const 5000) (i32.const 11)))"), records([b"v"]))
    headers = [{"name": b"a", "value": None}, {"name": b"b", "value": b""}]
    assert [(one["key"], one["value"], one["headers"]) for one in found] == [(b"k0", None, headers)]
