"""SQL of users over frames of their own: joined by name, never stored, never found by a variable's name."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from snapshot_rows import raw_records

from workbench.errors import QueryError

JOIN = 'SELECT e.event_type, c.n FROM events e JOIN counts c USING (event_type) ORDER BY e."offset"'


class Stream:
    """What polars and other libraries hand over."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


TABLE = pa.table({"event_type": ["order.placed", "order.paid"], "n": [1, 2**62]})


@pytest.mark.parametrize("frame", [TABLE, TABLE.to_pandas(), TABLE.to_pandas().set_index("event_type"), Stream(TABLE)])
def test_a_frame_of_the_users_own_joins_by_its_name(store, fill, frame):
    fill(raw_records(0, 4))
    found = store.sql(JOIN, frames={"counts": frame})
    assert found["n"].tolist() == [2**62, 1, 2**62, 1]
    assert "counts" not in store.sql("SHOW TABLES")["name"].tolist()


def test_parameters_and_frames_go_together(store, fill):
    fill(raw_records(0, 4))
    query = "SELECT count(*) AS n FROM events JOIN kinds USING (event_type) WHERE kinds.n < $most"
    assert store.sql(query, {"most": 5}, frames={"kinds": TABLE})["n"][0] == 2


def test_a_variable_of_python_is_never_a_table(store, fill):
    fill(raw_records(0, 1))
    counts = TABLE.to_pandas()
    assert len(counts) == 2
    with pytest.raises(QueryError, match="counts"):
        store.sql(JOIN)


@pytest.mark.parametrize("name", ["events", "RECORDS", "sources", "packed_events"])
def test_a_frame_cannot_take_the_name_of_a_table(store, name):
    with pytest.raises(QueryError, match="another name"):
        store.sql("SELECT 1", frames={name: TABLE})


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (["order.placed"], "is a list; pass a pandas frame"),
        (pd.DataFrame({"a": [1, "x", b"y"]}), "cannot be read as a table"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "cannot be read as a table"),
    ],
)
def test_what_is_no_table_is_refused_by_name(store, frame, said):
    with pytest.raises(QueryError, match=f"mine=.*{said}|mine= {said}"):
        store.sql("SELECT * FROM mine", frames={"mine": frame})


def test_a_frame_is_not_written_by_a_query(store):
    with pytest.raises(QueryError, match="not allowed"):
        store.sql("WITH x AS (DELETE FROM mine RETURNING *) FROM x", frames={"mine": TABLE})
