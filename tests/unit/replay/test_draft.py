"""A draft takes whole raw records, and joins the decoded columns to them by position."""

from __future__ import annotations

import pyarrow as pa
import pytest
from replay_samples import ORDERS, SCHEMA, draft, facts, row, table

from workbench.errors import ValidationError
from workbench.replay import Draft, join_decoded, make_plan


def test_replacing_options_keeps_the_selection():
    first = draft(max_hops=3)
    second = first.replace(timestamps="now")
    assert (second.options.max_hops, second.options.timestamps) == (3, "now")
    assert second.records is first.records
    assert first.options.timestamps == "keep"


def test_tables_that_are_no_selection():
    whole = table(row(1))
    with pytest.raises(ValidationError, match="no column headers"):
        Draft(whole.drop_columns(["headers"]), sources=[ORDERS])
    with pytest.raises(ValidationError, match="more than once"):
        Draft(table(row(1), row(1)), sources=[ORDERS])
    with pytest.raises(ValidationError, match="source 1"):
        Draft(whole, sources=[])
    with pytest.raises(ValidationError, match=r"Column offset .* is string"):
        Draft(whole.set_column(1, "offset", pa.array(["a"])), sources=[ORDERS])
    with pytest.raises(ValidationError, match="nothing to replay"):
        make_plan(Draft(SCHEMA.empty_table(), sources=[ORDERS]), facts())


def test_large_types_of_other_readers_are_taken():
    whole = table(row(1, headers=[(b"a", None)]))
    large = whole.set_column(5, "value", whole["value"].cast(pa.large_binary()))
    large = large.set_column(8, "cluster", whole["cluster"].cast(pa.large_string()))
    assert Draft(large, sources=[ORDERS]).records["value"].to_pylist() == [b"v1"]


def test_decoded_columns_are_joined_by_position():
    records = table(row(5), row(6), row(6, partition=1))
    events = pa.table(
        {
            "source_id": pa.array([1, 1, 2], pa.int32()),
            "partition": pa.array([1, 0, 0], pa.int32()),
            "offset": [6, 5, 6],
            "event_id": ["c", "a", "other source"],
            "origin": [{"topic": "t"}, None, None],
            "unused": [1, 2, 3],
        },
    )
    joined = join_decoded(records, events)
    assert joined["event_id"].to_pylist() == ["a", None, "c"]
    assert joined["origin"].to_pylist() == [None, None, {"topic": "t"}]
    assert "unused" not in joined.column_names
    assert join_decoded(records, events.slice(0, 0))["event_id"].to_pylist() == [None] * 3
