"""What a condition takes out of payloads is read by compiled code exactly as DuckDB reads it, or left to DuckDB."""

from __future__ import annotations

import json

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.live.payload_paths import payload_paths
from workbench.live.row_condition import RowCondition

TEXT, BYTES = pa.string(), pa.binary()
SCHEMA = pa.schema([("key", BYTES), ("value", BYTES), ("decoded", TEXT), ("decoded_key", TEXT)])


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as made:
        yield made


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("(payload->>'a')::int > 3", "(wb_path_0)::int > 3"),
        ("(payload->'a'->>'b') = 'x' and payload ->> 'a' is null", "(wb_path_1) = 'x' and wb_path_0 is null"),
        ("payload->>'$.a.b' in ('x') or (payload->'a'->>'b') = 'y'", "wb_path_0 in ('x') or (wb_path_0) = 'y'"),
        ("Payload->>'a' = 'payload->>b'", "wb_path_0 = 'payload->>b'"),
        ("json_extract_string(payload, 'a') = 'x'", None),
        ("payload->>'$.a[0]' = 'x'", None),
        ("payload->>'a.b' = 'x'", None),
        ("payload->>0 = 'x'", None),
        ("payload->>'ä' = 'x'", None),
        ("'payload->>''a''' = 'x'", None),
        ("payload->>'a' || 'b' = 'x'", None),
    ],
)
def test_paths_are_found_where_they_are_written_plainly(connection, condition, text):
    found = payload_paths(connection, condition)
    assert (None if found is None else found.text) == text


def test_a_condition_that_asks_more_of_the_payload_is_left_to_duckdb():
    made = RowCondition("payload->>'a' = '1' and payload is not null", SCHEMA)
    assert made._by_path is None
    made.close()


NAMES = st.sampled_from(["a", "b", "c"])
NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(-(10**9), 10**9, allow_nan=False, places=6).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(json.dumps),
    st.from_regex(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][-+]?[0-9]{1,3})?", fullmatch=True),
)
TEXTS = st.one_of(
    st.text(max_size=5).map(json.dumps),
    st.text(max_size=5).map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.sampled_from([r'"a\u0062"', r'"\ud800"', r'"\n"', '"7"', '""']),
)
VALUES = st.recursive(
    st.one_of(NUMBERS, TEXTS, st.sampled_from(["true", "false", "null", "NaN", "-0", "1.0", "01", "tru", ""])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]"),
        st.lists(st.tuples(NAMES, inner), max_size=4).map(
            lambda members: "{" + ",".join(f'"{name}": {value}' for name, value in members) + "}"
        ),
    ),
    max_leaves=8,
)
OBJECTS = st.lists(st.tuples(NAMES, VALUES), max_size=4).map(
    lambda members: ("{" + " , ".join(f'"{name}":{value}' for name, value in members) + "}").encode("utf-8", "replace")
)
CONDITIONS = [
    "payload->>'a' is null",
    "payload->>'a' = payload->>'b'",
    "(payload->'a'->>'b') = '1'",
    "payload->>'$.a.b' is not null and payload->>'c' is null",
    "coalesce(try_cast(payload->>'a' as double), 0) > 1 or payload->>'b' = 'true'",
    "not (payload->>'a' is not null)",
    "payload->>'a' < '5' and key_text is null",
]
MADE = {condition: RowCondition(condition, SCHEMA) for condition in CONDITIONS}


@given(
    st.sampled_from(CONDITIONS),
    st.lists(st.one_of(st.none(), OBJECTS, VALUES.map(lambda text: text.encode("utf-8", "replace"))), max_size=6),
)
@settings(max_examples=80)
def test_both_ways_find_the_same_rows(condition, values):
    nothing = pa.nulls(len(values), TEXT)
    rows = pa.table([pa.nulls(len(values), BYTES), pa.array(values, BYTES), nothing, nothing], SCHEMA)
    made = MADE[condition]
    by_path = made._by_path
    assert by_path is not None
    found = [*made.split(rows), made.matches(rows)]
    made._by_path = None
    expected = [*made.split(rows), made.matches(rows)]
    made._by_path = by_path
    assert [one.tolist() for one in found] == [one.tolist() for one in expected]


@given(st.lists(st.tuples(NAMES, VALUES), max_size=4), st.sampled_from(["a", "b"]))
@settings(max_examples=200)
def test_what_is_read_is_what_duckdb_gives(connection, members, name):
    value = ("{" + ",".join(f'"{one}":{text}' for one, text in members) + "}").encode("utf-8", "replace")
    found = payload_paths(connection, f"payload->>'{name}' = 'x'")
    assert found is not None
    (texts,), known = found.taken(pa.array([value], BYTES))
    if known[0]:
        question = "SELECT TRY_CAST($1 AS JSON) IS NULL, TRY_CAST($1 AS JSON)->>$2"
        assert connection.execute(question, [value.decode(), name]).fetchone() == (False, texts[0].as_py())


def test_usual_values_are_read(connection):
    found = payload_paths(connection, "payload->>'a' = (payload->'b'->>'c')")
    assert found is not None
    values = [
        b'{"a": 12, "b": {"c": "x"}}',
        b' {"b": [], "a": 1.25}\n',
        b'{"b": {"c": null}, "a": ""}',
        '{"z": {"a": [1e5, "\\n"]}, "a": "größe"}'.encode(),
    ]
    texts, known = found.taken(pa.array(values, BYTES))
    assert known.all()
    assert [one.to_pylist() for one in texts] == [["12", "1.25", "", "größe"], ["x", None, None, None]]
    left = [
        b'{"a": 1, "a": 2}',
        b'{"a": {}}',
        rb'{"a": "\n"}',
        b'{"a": 1e5}',
        b'{"a": 1',
        b"[]",
        b"",
        None,
        b'{"a": -0}',
    ]
    assert not found.taken(pa.array(left, BYTES))[1].any()
