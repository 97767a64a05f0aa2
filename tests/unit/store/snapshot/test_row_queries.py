"""Filters, limits and bounds of `SnapshotStore.events`."""

from __future__ import annotations

import pytest
from snapshot_rows import raw_records

from workbench.errors import QueryError, WindowError


class TestEvents:
    def test_filters(self, store, fill):
        fill(raw_records(0, 40))
        fill(raw_records(0, 10), topic="bills", capture_id="c2")
        assert len(store.events()) == 50
        assert len(store.events(topic="bills")) == 10
        assert len(store.events(topic=["bills", "orders"], type="order.paid")) == 25
        assert len(store.events(source="shop", correlation_id="00000000-0000-4000-9000-000000000003")) == 4
        assert len(store.events(where='"offset" < $most -- a comment', params={"most": 5})) == 10
        assert len(store.events(start=30)) == 10
        assert store.events(start="@2026-11-23T10:00:00.030Z", end="@2026-11-23T10:00:00.035Z")["offset"].tolist() == [
            30,
            31,
            32,
            33,
            34,
        ]
        assert len(store.events(start="start", end="end")) == 50

    def test_a_limit_says_whether_there_was_more(self, store, fill):
        fill(raw_records(0, 10))
        assert store.events(limit=3).attrs["truncated"] is True
        assert store.events(limit=10).attrs["truncated"] is False
        assert len(store.events(limit=3)) == 3

    @pytest.mark.parametrize("bound", ["-100", "+5", "group:billing", "end"])
    def test_bounds_that_a_snapshot_cannot_resolve(self, store, bound):
        with pytest.raises(WindowError):
            store.events(start=bound)

    @pytest.mark.parametrize("where", ["no_such = 1", "1) OR (1", "1; DROP TABLE sources"])
    def test_a_condition_that_is_none(self, store, where):
        with pytest.raises(QueryError):
            store.events(where=where)

    def test_a_token_never_surfaces(self, store, fill):
        fill(raw_records(0, 10))
        table = store.event_table()
        assert "TOP-SECRET-TOKEN" not in str(table.to_pylist())
        assert table["principal"][0].as_py() == "u1"
