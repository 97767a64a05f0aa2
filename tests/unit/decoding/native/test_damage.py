"""The compiled reasons are those that Python's decoders give, whatever is wrong with an object and wherever."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from agreement import record_rows

from workbench.decoding import Decoder, read_value
from workbench.decoding.formats.registry import BUILTIN_FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator

OBJECTS = (
    b'{"a":1,"b":[1, 2.5e-3,{"x":null}],"c":"\xc5\xbc\\u00e9\\n\\\\ t","d":{"e":true,"f":[]} , "g" : "z"}',
    '{\n "żółw" : "ą\U0001f600",\r\n  "b":[ "x" , [ ] , {} ,false ],\n"n":-0.5E+10\n}  '.encode(),
    b'{"id":"x","payload":{"a":[[[]]],"text":"a text with more than sixteen plain characters"}}',
    b'{"schema":{"a":1},"payload":{"event_id":"e"}}',
    b'{"a":{"b":{"c":"\\ud83d\\ude00"}},"d":NaN}',
    b'  {"a" : [true,false,null], "a" : 2}',
)
PREFIXES = (b"", b"\xef\xbb\xbf", b"\0\0\0\0\7", b"\0\0\0\0\7\xef\xbb\xbf", b" \n")
BYTES = b'{}[]",:\\u \n\x01a0\xff\xc0\xc3\xe0\xed\xf0\xf4\xf5\x80\x8f\x90\x9f\xa0\xbf'
CHANCE = b"{\x91J\xc3\xa9{}\xf0\x9f\x98\x80\xe2\x82 \x07\xc3"
"""Bytes of a binary value of which the first is a brace by chance."""
DEEP = b'{"a":' * 120 + b"1" + b"}" * 120


def damaged_objects() -> Iterator[bytes]:
    source = random.Random(4)  # noqa: S311 - repeatable, not secret
    for whole in (*OBJECTS, CHANCE, DEEP):
        for prefix in PREFIXES if whole != DEEP else (b"",):
            for size in range(1, len(whole) + 1):
                yield prefix + whole[:size]
                yield prefix + whole[:size] + b" \n"
                other = bytearray(whole[:size])
                for _ in range(source.randrange(1, 4)):
                    other[source.randrange(size)] = source.choice(BYTES)
                yield prefix + other


def test_reasons_are_those_of_python():
    values = list(damaged_objects())
    events = Decoder().decode(record_rows([([], value) for value in values]), "t")
    problems = [[code for code in codes if "_value:" in code] for codes in events["problems"].to_pylist()]
    found = list(zip(events["format"].to_pylist(), events["damage"].to_pylist(), problems, strict=True))
    expected = [
        (read.format, read.damage, sorted(read.problems))
        for read in (read_value("t", (), value, BUILTIN_FORMATS) for value in values)
    ]
    assert len({reason for _, reason, _ in expected}) > 1_000
    different = [(value, *pair) for value, *pair in zip(values, found, expected, strict=True) if pair[0] != pair[1]]
    assert different == []
