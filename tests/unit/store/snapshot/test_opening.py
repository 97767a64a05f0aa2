"""Opening checks the place, the version and the segments of a snapshot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from mounts import read_only_mount
from snapshot_rows import raw_records

from workbench.errors import SnapshotError, SnapshotFormatError
from workbench.store import SnapshotStore
from workbench.store.file.schema import VERSION

SUPPORT = Path(__file__).parents[3] / "support"


class TestOpening:
    def test_a_snapshot_that_is_not_there(self, snapshot_path):
        with pytest.raises(SnapshotError, match="There is no snapshot"):
            SnapshotStore.open(snapshot_path)
        assert not snapshot_path.exists()

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(SnapshotError, match=r"folder of .* does not exist"):
            SnapshotStore.open(tmp_path / "no" / "x.duckdb", write=True)

    def test_a_folder_instead_of_a_file(self, tmp_path):
        with pytest.raises(SnapshotError, match="is a folder"):
            SnapshotStore.open(tmp_path)

    @pytest.mark.parametrize("write", [True, False])
    def test_a_foreign_file_is_left_as_it_is(self, snapshot_path, write):
        snapshot_path.write_bytes(b"PK\x03\x04 something else" * 500)
        before = snapshot_path.read_bytes()
        with pytest.raises(SnapshotFormatError, match="is not a whole snapshot"):
            SnapshotStore.open(snapshot_path, write=write)
        assert snapshot_path.read_bytes() == before

    @pytest.mark.parametrize("write", [True, False])
    def test_a_database_of_somebody_else(self, snapshot_path, write):
        with duckdb.connect(str(snapshot_path)) as other:
            other.execute("CREATE TABLE customers (name VARCHAR)")
        with pytest.raises(SnapshotFormatError, match="no snapshot of the workbench"):
            SnapshotStore.open(snapshot_path, write=write)
        with duckdb.connect(str(snapshot_path)) as other:
            assert other.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("customers",)]

    def test_a_newer_version(self, store):
        with store.transaction() as cursor:
            cursor.execute("INSERT INTO workbench_schema VALUES (?, now()::TIMESTAMP, 'tomorrow')", [VERSION + 1])
        store.close()
        with pytest.raises(SnapshotFormatError, match=rf"version {VERSION + 1}; .* up to {VERSION}\. Upgrade"):
            SnapshotStore.open(store.path)

    def test_a_truncated_file_is_refused_or_nothing_is_missing(self, store, fill):
        fill(raw_records(0, 2000))
        records, events = store.record_table(), store.event_table()
        store.close()
        whole = store.path.read_bytes()
        refused = set()
        for tenths in range(1, 10):
            store.path.write_bytes(whole[: len(whole) * tenths // 10])
            try:
                with SnapshotStore.open(store.path) as rest:
                    assert rest.record_table().equals(records)
                    assert rest.event_table().equals(events)
            except SnapshotFormatError:
                refused.add(tenths)
        assert refused >= {1, 2, 3, 4, 5, 6}

    def test_a_killed_writer_leaves_what_it_committed(self, snapshot_path):
        script = (
            "import os, signal, sys; sys.path.insert(0, sys.argv[2])\n"
            "from snapshot_rows import Filler, raw_records\n"
            "from workbench.store import SnapshotStore\n"
            "from workbench.decoding import Decoder\n"
            "store = SnapshotStore.open(sys.argv[1], write=True)\n"
            "Filler(store, Decoder())(raw_records(0, 50))\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        ended = subprocess.run([sys.executable, "-c", script, snapshot_path, SUPPORT], check=False)
        assert ended.returncode == -9
        assert _read_all(snapshot_path) == 50

    def test_a_read_only_folder_can_be_read(self, store, fill, tmp_path):
        fill(raw_records(0, 30), segment_bytes=1)
        store.close()
        with read_only_mount(tmp_path):
            assert _read_all(store.path) == 30
            with pytest.raises(SnapshotError):
                SnapshotStore.open(tmp_path / "new.duckdb", write=True)


class TestFilesThatTheTablesName:
    """A mailed snapshot names only segments of its own folder."""

    @pytest.mark.parametrize("write", [True, False])
    @pytest.mark.parametrize("name", ["{folder}/letter.txt", "../letter.txt", "000001.letter.parquet", "", "x\x1b[2J"])
    def test_other_names_are_refused_and_nothing_is_touched(self, store, fill, tmp_path, name, write):
        letter = tmp_path / "letter.txt"
        letter.write_text("mine")
        fill(raw_records(0, 20), segment_bytes=1)
        column = "records_file" if write else "events_file"
        with store.transaction() as cursor:
            cursor.execute(f"UPDATE segments SET {column} = ? WHERE segment_id = 1", [name.format(folder=tmp_path)])
        store.close()
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(SnapshotFormatError, match="as a segment") as caught:
            SnapshotStore.open(store.path, write=write)
        assert "\x1b" not in str(caught.value)
        assert letter.read_text() == "mine"
        assert sorted(path for path in tmp_path.rglob("*") if path.suffix != ".wal") == before

    def test_a_link_in_place_of_a_segment_or_of_the_folder(self, store, fill, tmp_path):
        fill(raw_records(0, 20), segment_bytes=1)
        store.close()
        segment = next(store.folder.glob("*.records.parquet"))
        elsewhere = segment.rename(tmp_path / "elsewhere.parquet")
        segment.symlink_to(elsewhere)
        with pytest.raises(SnapshotFormatError, match="as a segment"):
            SnapshotStore.open(store.path)
        segment.unlink()
        elsewhere.rename(segment)
        others = store.folder.rename(tmp_path / "others.segments")
        (others / "000099.records.parquet").write_bytes(b"of somebody else")
        store.folder.symlink_to(others)
        with pytest.raises(SnapshotFormatError, match="a link in place of"):
            SnapshotStore.open(store.path, write=True)
        assert (others / "000099.records.parquet").exists()


def _read_all(path: Path) -> int:
    with SnapshotStore.open(path) as store:
        assert store.event_table().num_rows == store.record_table().num_rows
        return store.record_table().num_rows
