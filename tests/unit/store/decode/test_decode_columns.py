"""Column steps against the exact functions whose rules they follow."""

from __future__ import annotations

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding import TopicConvention
from workbench.decoding.columns import Decoder, summarise
from workbench.decoding.columns.arrays import group_ids
from workbench.decoding.columns.ids import canonical_ids, uuid_rows
from workbench.decoding.columns.times import FAULTS, parse_times
from workbench.decoding.ids import canonical_id, is_uuid_like
from workbench.decoding.times import PARSERS, parse_time
from workbench.errors import ConfigurationError
from workbench.model.columns import EVENT, RECORD

calendar = st.from_regex(
    r"\A(19|20|00|99)\d\d-[01]\d-[0-3]\d[Tt ][0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,10})?(Z|z|[+-][0-2]\d:[0-6]\d|)\Z",
)
integers = st.integers(-(10**19), 10**19).map(str)
time_texts = st.lists(
    calendar | integers | st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=30
)


@settings(deadline=None)
@given(time_texts, st.sampled_from(PARSERS))
def test_times_of_columns_equal_those_of_the_exact_parser(texts, parser):
    column = parse_times(pa.array(texts, pa.string()), parser)
    for row, text in enumerate(texts):
        exact = parse_time(text, parser)
        faults = tuple(name for bit, name in FAULTS if column.faults[row] & bit)
        assert faults == exact.faults, text
        assert exact.micros is None or column.micros[row] == exact.micros, text


HYPHENATED = "00000000-0000-4000-8000-0000000000a2"
spellings = st.sampled_from(
    [
        HYPHENATED,
        HYPHENATED.upper(),
        "{" + HYPHENATED + "}",
        "urn:uuid:" + HYPHENATED,
        HYPHENATED.replace("-", ""),
        "Ä" * 18,
    ],
)


@settings(deadline=None)
@given(st.lists(spellings | st.text(max_size=40).filter(lambda text: text.isprintable()), max_size=20))
def test_ids_of_columns_equal_those_of_the_exact_function(texts):
    column = canonical_ids(pa.array(texts, pa.string()))
    assert column.to_pylist() == [canonical_id(text) for text in texts]
    assert uuid_rows(column).tolist() == [is_uuid_like(canonical_id(text)) for text in texts]


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 1 << 40), min_size=3, max_size=3), min_size=1, max_size=20))
def test_equal_rows_get_equal_numbers(rows):
    numbers, firsts = group_ids(np.array(rows, np.int64))
    assert [rows[firsts[number]] for number in numbers] == rows
    assert len(set(map(tuple, rows))) == len(firsts)


def batch_of(
    values: list[bytes | None], headers: list[list[tuple[bytes, bytes | None]]] | None = None
) -> pa.RecordBatch:
    rows = [
        {
            "partition": 0,
            "offset": at,
            "timestamp_ms": 0,
            "timestamp_type": 0,
            "key": None,
            "value": value,
            "headers": [{"name": n, "value": v} for n, v in (headers[at] if headers else [])],
        }
        for at, value in enumerate(values)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=RECORD)


def test_a_topic_fixed_to_an_unknown_convention_is_refused():
    with pytest.raises(ConfigurationError, match="shop"):
        Decoder(topic_conventions={"t": TopicConvention("shop")})


def test_more_headers_than_shapes_hold_and_endless_names():
    many = [(f"h{at}".encode(), b"v") for at in range(100)]
    headers = [[*many, (b"correlation_id", b"late")] for _ in range(10)]
    assert Decoder().decode(batch_of([b"{}"] * 10, headers), "t")["correlation_id"].to_pylist() == ["late"] * 10
    unique = [[(f"n{at}".encode(), b"v"), (b"correlation_id", b"c")] for at in range(50)]
    assert Decoder().decode(batch_of([None] * 50, unique), "t")["correlation_id"].to_pylist() == ["c"] * 50


def test_summary_counts_conventions_ids_and_problems():
    flat = orjson.dumps({"eventId": "e", "correlationId": "c", "time": "never"})
    caused = orjson.dumps({"eventId": "f", "correlationId": "c", "causationId": "e"})
    envelope = orjson.dumps({"envelope_id": "x", "payload": {}})
    events = Decoder().decode(batch_of([flat, flat, caused, envelope, b"plain", None, b"", b"[]"]), "t")
    found = summarise(pa.Table.from_batches([events]))
    assert found.records == 8
    assert [(item.convention, item.dialect, item.records) for item in found.conventions] == [
        (None, None, 4),
        ("generic_json", None, 3),
        ("onex", "event_envelope", 1),
    ]
    assert (found.with_event_id, found.with_correlation_id, found.with_cause) == (4 / 8, 3 / 8, 1 / 8)
    assert found.problems == {"bad_time:event_time": 2, "not_uuid:event_id": 1}
    assert found.recommended is None
    assert summarise(Decoder().decode(batch_of([caused] * 100), "t")).recommended == "generic_json"
    assert summarise(pa.Table.from_batches([], schema=EVENT)).records == 0
