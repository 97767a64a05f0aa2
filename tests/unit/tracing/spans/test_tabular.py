"""Tables of spans: columns by their usual names, units of times, parents in lists."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from workbench.errors import TableError
from workbench.tracing.spans.frames import read_frame
from workbench.tracing.spans.reading import read_spans
from workbench.tracing.spans.tabular import read_table


def column(found, name):
    return found.spans.column(name).to_pylist()


@pytest.mark.parametrize(
    ("start", "micros"),
    [
        ([1_661_145_617_085_456_942], [1_661_145_617_085_456]),
        ([1_661_145_617_085_456], [1_661_145_617_085_456]),
        ([1_661_145_617_085], [1_661_145_617_085_000]),
        ([1_661_145_617.5], [1_661_145_617_500_000]),
        (["1661145617"], [1_661_145_617_000_000]),
        (["2022-08-22T05:20:17Z", "nonsense"], [1_661_145_617_000_000, None]),
    ],
)
def test_the_unit_of_times_follows_from_their_size(start, micros):
    found = read_table(pa.table({"id": [str(i) for i in range(len(start))], "start": start}))
    assert column(found, "start_us") == micros


@pytest.mark.parametrize(
    ("name", "end"), [("duration_ms", 7_000), ("durationNano", 7), ("Duration", 7), ("duration_s", 7_000_000)]
)
def test_a_duration_says_its_unit_in_its_name_and_is_microseconds_else(name, end):
    number = 7_000 if name == "durationNano" else 7
    columns = {"duration": name} if name == "duration_s" else None
    found = read_table(pa.table({"id": ["a"], "start": [0], name: [number]}), columns)
    assert column(found, "end_us") == [end]


def test_root_marks_are_no_parents_unless_a_span_is_called_so():
    table = pa.table({"id": ["a", "b", "c"], "parent": ["root", "0000", "a"]})
    assert column(read_table(table), "parent_id") == [None, None, "a"]
    table = pa.table({"id": ["root", "b", "c"], "parent": ["", "root", None]})
    assert column(read_table(table), "parent_id") == [None, "root", None]


def test_lists_of_causes_become_a_parent_and_links():
    found = read_table(pa.table({"id": ["a", "b", "c"], "causes": [[], None, ["a", "b"]], "trace": ["t"] * 3}))
    assert column(found, "parent_id") == [None, None, "a"]
    assert column(found, "links")[2] == [{"trace_id": "t", "span_id": "b"}]


def test_what_is_missing_is_said_by_name():
    with pytest.raises(TableError, match="has no column nope; it has id"):
        read_table(pa.table({"id": ["a"]}), {"span": "nope"})
    with pytest.raises(TableError, match="There is no role color"):
        read_table(pa.table({"id": ["a"]}), {"color": "id"})
    with pytest.raises(TableError, match="cannot be read as text"):
        read_table(pa.table({"id": [{"a": 1}]}))


def test_a_column_that_is_there_twice_is_refused():
    with pytest.raises(TableError, match="several columns id; rename all but one"):
        read_spans(b"id,parent,id\na,,b\n", "x.csv")
    twice = pd.DataFrame([["a", "b"]], columns=["id", "id"])
    with pytest.raises(TableError, match="The frame cannot be read as columns"):
        read_frame(twice)


def test_rows_without_ids_are_left_out_and_counted():
    found = read_table(
        pa.table({"id": ["a", "", None], "start": [5, 1, 1], "end": [1, 1, 1], "error": ["no", "1", ""]})
    )
    assert column(found, "span_id") == ["a"]
    assert column(found, "failed") == [False]
    assert found.notes == (
        "1 span whose end is before its start.",
        "2 spans without a span id, left out.",
    )
