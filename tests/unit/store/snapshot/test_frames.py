"""Frames have fixed dtypes, whatever the values are."""

from __future__ import annotations

import math

import pandas as pd
import pyarrow as pa
from snapshot_rows import T_MS, raw_records

from workbench.model.records.chunk import Gap
from workbench.model.records.columns import RECORD


class TestFrames:
    def test_dtypes_do_not_depend_on_values(self, store, fill):
        empty = store.events().dtypes
        fill(raw_records(0, 10))
        full = store.events()
        assert full.dtypes.equals(empty)
        assert str(full["timestamp"].dtype) == "datetime64[us, UTC]"
        assert str(full["event_time"].dtype) == "datetime64[us, UTC]"
        assert full["event_type"].dtype == "str"
        assert str(full["offset"].dtype) == "Int64"
        assert str(full["tombstone"].dtype) == "boolean"
        assert full["timestamp"][0] == pd.Timestamp(T_MS, unit="ms", tz="UTC")

    def test_sums_and_numbers_have_dtypes_of_numbers(self, store):
        frame = store.sql("SELECT sum(x) AS s, avg(x) AS a, 1.5 AS d, sum(x) * 10 AS t FROM range(5) AS r(x)")
        assert [str(kind) for kind in frame.dtypes] == ["Int64", "Float64", "Float64", "Int64"]
        assert frame.iloc[0].tolist() == [10, 2.0, 1.5, 100]
        huge = store.sql("SELECT sum(x) AS s FROM (VALUES (170141183460469231731687303715884105727::HUGEINT)) AS t(x)")
        assert math.isclose(float(huge["s"][0]), 2**127, rel_tol=1e-9)

    def test_provenance_travels_with_the_frame(self, store, fill):
        fill(raw_records(3, 4), gaps=(Gap("expired", 3, 4),))
        for frame in (store.events(), store.sql("SELECT 1 AS x")):
            (row,) = frame.attrs["provenance"]
            assert (row["topic"], row["from"], row["next"], row["state"]) == ("orders", 3, 7, "incomplete")
            assert row["gaps"] == [{"reason": "expired", "start": 3, "stop": 4}]

    def test_absurd_timestamps_do_not_break_a_query(self, store, fill):
        records = raw_records(0, 3)
        times = pa.array([-1, 2**63 - 1, T_MS], pa.int64())
        fill(records.set_column(2, RECORD.field("timestamp_ms"), times))
        frame = store.events()
        assert frame["timestamp"].isna().sum() == 2
        assert store.record_table()["timestamp_ms"].to_pylist() == times.to_pylist()
