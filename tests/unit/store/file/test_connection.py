"""One writer for a file, named to others; readers share it and change nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from snapshot_rows import raw_records

from workbench.errors import SnapshotError, SnapshotLockedError
from workbench.store import SnapshotStore
from workbench.store.file import memory
from workbench.store.transfer import redecode


class TestLocks:
    def test_another_process_is_named(self, store):
        script = "import sys; from workbench.store import SnapshotStore; SnapshotStore.open(sys.argv[1])"
        ended = subprocess.run([sys.executable, "-c", script, store.path], check=False, capture_output=True, text=True)
        assert f"SnapshotLockedError: {store.path} is being written by process" in ended.stderr.strip().splitlines()[-1]

    @pytest.mark.parametrize("write", [True, False])
    def test_so_is_this_one(self, store, write):
        with pytest.raises(SnapshotLockedError, match=r"open for writing here already.* close\(\) .*copy_to") as caught:
            SnapshotStore.open(store.path, write=write)
        assert caught.value.holder

    def test_readers_share(self, store):
        store.close()
        with SnapshotStore.open(store.path) as one, SnapshotStore.open(store.path) as other:
            assert one.sql("SELECT 1 AS x")["x"][0] == other.sql("SELECT 1 AS x")["x"][0] == 1

    def test_a_reader_changes_nothing(self, store, fill, decoder):
        fill(raw_records(0, 3))
        store.close()
        before = store.path.read_bytes()
        with SnapshotStore.open(store.path) as reader:
            for act in (reader.pack, lambda: redecode(reader, decoder), reader.new_segment):
                with pytest.raises(SnapshotError, match="reading only"):
                    act()
        assert store.path.read_bytes() == before


def test_a_query_that_needs_too_much_memory_says_what_to_leave_out(monkeypatch, snapshot_path):
    monkeypatch.setattr(memory, "memory_limit_bytes", lambda: 16 << 20)
    with (
        SnapshotStore.open(snapshot_path, write=True) as store,
        pytest.raises(SnapshotError, match="Choose fewer rows"),
    ):
        store.sql("SELECT list(repeat('x', 1000000) || n) FROM range(200) t(n)")
