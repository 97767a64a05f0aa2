"""Batches are matched by their bytes first, and decoded no further than the conditions ask for."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from workbench.decoding import Decoder
from workbench.live.search.matcher import Matcher
from workbench.live.search.query import make_query
from workbench.model.records.columns import RECORD


class CountingDecoder:
    """Counts the rows that it is asked to decode."""

    def __init__(self, *, others: bool = False) -> None:
        self.rows = 0
        self._others = others
        self._decoder = Decoder()

    def decode(self, records, topic):
        self.rows += records.num_rows
        return self._decoder.decode(records, topic)

    def reads_other_formats(self, topic):
        del topic
        return self._others


def batch(*values: bytes | None, key: bytes | None = b"k") -> pa.RecordBatch:
    made = [
        {"partition": 1, "offset": at, "timestamp_ms": at, "timestamp_type": 0, "key": key, "value": value}
        | {"headers": [{"name": b"n", "value": b"%d" % at}]}
        for at, value in enumerate(values)
    ]
    return pa.RecordBatch.from_pylist(made, schema=RECORD)


VALUES = [json.dumps({"n": at, "state": "bad" if at % 50 == 0 else "ok"}).encode() for at in range(200)]
HITS = [0, 50, 100, 150]


@pytest.mark.parametrize(
    ("conditions", "decoded"),
    [
        ({"words": "BAD"}, 4),
        ({"regex": '"bad"'}, 4),
        ({"where": "payload->>'state' = 'bad'"}, 4),
        ({"where": "header(headers, 'n')::int % 50 = 0"}, 4),
        ({"where": "format = 'json' and value_text like '%bad%'"}, 200),
        ({"words": "bad", "where": "format = 'json'"}, 4),
        ({"key": b"k", "words": ["state", "bad"]}, 4),
    ],
)
def test_only_what_a_condition_needs_is_decoded(conditions, decoded):
    decoder = CountingDecoder()
    matcher = Matcher(make_query(**conditions), decoder)
    try:
        found = matcher.match("t", batch(*VALUES))
    finally:
        matcher.close()
    assert found.found["offset"].to_pylist() == HITS
    assert set(found.found["format"].to_pylist()) == {"json"}
    assert decoder.rows == decoded
    assert found.undecoded.num_rows == 0


def test_values_without_a_required_text_are_passed_over_and_no_hit_is_lost():
    """The same hits as without looking at the bytes first, whatever is escaped, nested, numeric or cut off."""
    states = ["bad", "BAD", "b\u0061d", "a.b-c:d_e", "true", "1.50", "NaN", "badly", ""]
    shapes = ['{{"s": "{0}"}}', '{{"x": {{"s": "{0}"}}}}', '{{"s": {0}}}', '{{"s": ["{0}"]}}', '{{"t": "{0}"}}']
    shapes.append('{{"s": "{0}')
    values = [shape.format(state).encode() for shape in shapes for state in states]
    values += ['\ufeff{"s": "bad"}'.encode(), b'\x00\x00\x00\x00\x01{"s": "bad"}', b"\xffbad", b"", None]
    values += [rb'{"s": "\u0062\u0061\u0064"}', rb'{"s": "a\u002eb-c:d\u005fe"}']
    rows = batch(*values)
    # A few of all pairs: each condition opens an engine of its own.
    forms = ["{path} = '{text}'", "'{text}' = ({path}) AND key = 'k'", "{path} = '{text}' OR key = 'x'"]
    paths = ["payload->>'s'", "(payload->'x')->>'s'", "json_extract_string(payload, '$.s')"]
    texts = ["bad", "bad", "x y", "BAD", "true", "1.50", "NaN", "", "absent", "a.b-c:d_e", "bad", "bad"]
    for number, text in enumerate(texts):
        where = forms[number % 3].format(path=paths[number // 3 % 3], text=text)
        matcher = Matcher(make_query(where=where), CountingDecoder())
        quick = matcher.match("t", rows).found["offset"].to_pylist()
        matcher._required = []
        assert quick == matcher.match("t", rows).found["offset"].to_pylist(), where
        matcher.close()


def test_another_key_decodes_nothing():
    decoder = CountingDecoder()
    found = Matcher(make_query(key="other"), decoder).match("t", batch(*VALUES, key=None))
    assert (found.found.num_rows, decoder.rows) == (0, 0)


def test_where_a_format_is_fixed_every_value_may_be_of_it():
    decoder = CountingDecoder(others=True)
    Matcher(make_query(words="nowhere"), decoder).match("t", batch(*VALUES))
    assert decoder.rows == 200


def test_values_that_nobody_reads_are_told_by_position():
    found = Matcher(make_query(words="x", where="payload is null"), CountingDecoder()).match(
        "t", batch(b"\x00\x00\x00\x00\x01x", b"x{", b"y", None, b"\x80x")
    )
    assert found.found["offset"].to_pylist() == [0, 1, 4]
    assert set(found.undecoded["offset"].to_pylist()) >= {0, 4}


def test_a_batch_without_rows_finds_nothing():
    for conditions in ({"words": "a"}, {"where": "key is null"}, {}):
        matcher = Matcher(make_query(**conditions), CountingDecoder())
        assert matcher.match("t", batch()).found.num_rows == 0
        matcher.cancel()
        matcher.close()


@pytest.mark.parametrize(("where", "hits"), [("true", 3), ("1 = 1", 3), ("false", 0), ("null", 0), ("random() < 2", 3)])
def test_a_condition_that_names_no_column_is_asked_of_every_record(where, hits):
    matcher = Matcher(make_query(where=where), Decoder())
    try:
        assert matcher.match("t", batch(b"{}", b"\xff", None)).found.num_rows == hits
    finally:
        matcher.close()
