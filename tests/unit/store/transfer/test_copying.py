"""A copy is whole, can be read while the original is written, and overwrites nothing."""

from __future__ import annotations

import shutil

import pytest
from snapshot_rows import raw_records

from workbench.errors import SnapshotError
from workbench.store import SnapshotStore
from workbench.store.transfer import copy_to

SEGMENT = 1


class TestCopies:
    def test_a_copy_is_whole_and_can_be_read_while_the_original_is_written(self, store, fill, tmp_path):
        fill(raw_records(0, 30), segment_bytes=SEGMENT)
        fill(raw_records(0, 5), topic="bills", capture_id="c2")
        target = copy_to(store, tmp_path / "copy.duckdb")
        fill(raw_records(0, 5), topic="later", capture_id="c3")
        with SnapshotStore.open(target) as copy:
            assert copy.ranges.shape[0] == 2
            assert copy.sql("SELECT count(*) AS n FROM events")["n"][0] == 35
        shutil.rmtree(store.path.with_name("incident.duckdb.segments"))
        with SnapshotStore.open(target) as copy:
            assert copy.sql("SELECT sum(octet_length(value)) AS n FROM records")["n"][0] > 0
        assert not list(tmp_path.glob(".copying-*"))

    def test_a_copy_overwrites_nothing(self, store, tmp_path):
        (tmp_path / "copy.duckdb").write_bytes(b"precious")
        with pytest.raises(SnapshotError, match="exists already"):
            copy_to(store, tmp_path / "copy.duckdb")
        assert (tmp_path / "copy.duckdb").read_bytes() == b"precious"
