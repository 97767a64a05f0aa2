"""Every path of every value is found, whatever the first values look like, with exact counts of its JSON types."""

from __future__ import annotations

import json
from collections import Counter

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.store.payload import paths
from workbench.store.payload.paths import find_paths


@pytest.fixture(scope="module")
def engine():
    with duckdb.connect() as connection:
        yield connection


def found(engine, values):
    engine.execute("CREATE OR REPLACE TEMP TABLE t AS SELECT unnest($v::VARCHAR[])::JSON AS payload", {"v": values})
    return find_paths(engine, "t")


def test_members_that_only_late_values_have(engine, monkeypatch):
    monkeypatch.setattr(paths, "_FIRST_ROWS", 1)
    values = ['{"b": 1, "a": {"x": true}}', '{"b": "text", "late": {"deep": {"er": 1.5}}, "a": null}', None]
    assert {path.pointer: dict(path.types) for path in found(engine, values)} == {
        "/b": {"UBIGINT": 1, "VARCHAR": 1},
        "/a/x": {"BOOLEAN": 1},
        "/late/deep/er": {"DOUBLE": 1},
    }


def test_the_order_is_that_of_the_producer(engine):
    assert [path.keys for path in found(engine, ['{"z": 1, "m": {"y": 1, "x": 2}, "a": 3}'])] == [
        ("z",), ("m", "y"), ("m", "x"), ("a",),
    ]  # fmt: skip


def test_what_is_sometimes_an_object_is_not_divided(engine):
    (path,) = found(engine, ['{"o": {"x": 1}}', '{"o": "text"}'])
    assert (path.keys, dict(path.types)) == (("o",), {"OBJECT": 1, "VARCHAR": 1})


def test_a_map_and_a_deep_object_stay_whole_and_say_why(engine):
    wide = json.dumps({"map": {f"k{n}": n for n in range(paths.LIMIT_MEMBERS + 1)}})
    (path,) = found(engine, [wide])
    assert (path.pointer, path.whole) == ("/map", "it has 301 different members")
    deep: object = 1
    for _ in range(paths.LIMIT_DEPTH + 2):
        deep = {"d": deep}
    (path,) = found(engine, [json.dumps(deep)])
    assert len(path.keys) == paths.LIMIT_DEPTH
    assert path.whole == "it lies 8 levels deep"


def test_keys_of_any_text(engine):
    odd = {"a.b": 1, 'q"': 2, "~/": 3, "": 4, "$": 5, "ü": 6, "a": {"/": 7}}
    assert {path.keys for path in found(engine, [json.dumps(odd)])} == {
        ("a.b",), ('q"',), ("~/",), ("",), ("$",), ("ü",), ("a", "/"),
    }  # fmt: skip


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=2),
    lambda below: st.dictionaries(st.sampled_from("abc"), below, min_size=1, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), TREES, max_size=3), min_size=1, max_size=6))
def test_every_value_is_accounted_for(engine, values):
    reached = {path.keys: sum(path.types.values()) for path in found(engine, [json.dumps(value) for value in values])}
    expected: Counter[tuple[str, ...]] = Counter()
    for value in values:
        waiting = [((), value)]
        while waiting:
            keys, below = waiting.pop()
            if keys in reached:
                expected[keys] += 1
            elif isinstance(below, dict):
                waiting.extend(((*keys, key), more) for key, more in below.items())
            else:
                assert below is None or not keys  # null where other values have an object
    assert reached == dict(expected)
