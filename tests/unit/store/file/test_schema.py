"""Snapshots of earlier versions open, read, pack and grow as if they had been written today."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from snapshot_rows import Filler, raw_records

import workbench
from workbench.errors import SnapshotError
from workbench.store import SnapshotStore
from workbench.store.file.lag_tables import LAG_TABLES
from workbench.store.file.layout import EVENTS_LAYOUT, former_columns
from workbench.store.snapshot.overview import overview_text
from workbench.store.transfer import redecode

NEW_SINCE_VERSION_1 = ["format", "damage", "raw_reason", "decoded", "decoded_key"]


def take_back_to_version_1(path):
    """Make the file what version 1 wrote: other names of two event columns, in the table and in the segments."""
    with duckdb.connect(str(path)) as file:
        file.execute("DROP VIEW events")
        for name in ("convention", "convention_version"):
            old = name.replace("convention", "profile")
            file.execute(f"ALTER TABLE packed_events RENAME COLUMN {name} TO {old}")
        for name in NEW_SINCE_VERSION_1:
            file.execute(f"ALTER TABLE packed_events DROP COLUMN {name}")
        for (events,) in file.execute("SELECT events_file FROM segments").fetchall():
            segment = path.with_name(f"{path.name}.segments") / events
            rows = pq.read_table(segment).drop_columns(NEW_SINCE_VERSION_1)
            pq.write_table(
                rows.rename_columns([name for name in former_columns(1).values() if name is not None]), segment
            )
        for name in ("without_envelope", "raw", "damaged"):
            file.execute(f"ALTER TABLE capture_ranges DROP COLUMN {name}")
        file.execute("ALTER TABLE capture_ranges ADD COLUMN undecodable BIGINT DEFAULT 0")
        for column in ("events_layout", "records_crc32c", "events_crc32c"):
            file.execute(f"ALTER TABLE segments DROP COLUMN {column}")
        file.execute("DROP TABLE schemas")
        for table in ("schemas", "replay_edits"):
            file.execute(f"CREATE TABLE {table} (id INTEGER)")
        file.execute("DELETE FROM workbench_schema WHERE version > 1")


@pytest.fixture
def old_path(snapshot_path, decoder):
    with SnapshotStore.open(snapshot_path, write=True) as store:
        fill = Filler(store, decoder)
        fill(raw_records(0, 40), segment_bytes=1)
        fill(raw_records(40, 10))
        assert store.sql("SELECT count(*) n FROM segments")["n"][0] == 1
    take_back_to_version_1(snapshot_path)
    return snapshot_path


def conventions(store):
    return store.sql('SELECT convention, convention_version, "offset" FROM events ORDER BY "offset"')


def test_an_old_snapshot_is_brought_up_when_it_is_opened_for_writing(old_path, decoder):
    with pytest.raises(SnapshotError, match=r"older snapshot version 1\. Open it once with write=True"):
        SnapshotStore.open(old_path)
    with SnapshotStore.open(old_path, write=True) as store:
        frame = conventions(store)
        assert len(frame) == 50
        assert set(frame["convention"]) == {"contract"}
        Filler(store, decoder)(raw_records(50, 5), segment_bytes=1)
        assert len(conventions(store)) == 55
        assert set(store.sql("SELECT events_layout FROM segments")["events_layout"]) == {1, EVENTS_LAYOUT}
    with SnapshotStore.open(old_path) as store:
        assert store.event_table().num_rows == 55


def test_an_old_snapshot_gets_the_tables_of_a_new_one(old_path, tmp_path):
    def layout(path):
        with SnapshotStore.open(path, write=True) as store, store.cursor() as cursor:
            columns = "table_name, column_name, data_type, is_nullable, column_default"
            found = cursor.execute(f"SELECT {columns} FROM duckdb_columns() WHERE NOT internal").fetchall()
            rules = "SELECT table_name, constraint_text FROM duckdb_constraints()"
            return set(found), set(cursor.execute(rules).fetchall())

    assert layout(old_path) == layout(tmp_path / "new.duckdb")


def test_an_old_snapshot_does_not_know_its_formats_until_it_is_decoded_again(old_path, decoder):
    names = ["without_envelope", "raw", "damaged"]
    with SnapshotStore.open(old_path, write=True) as store:
        assert store.sql("SELECT count(*) n FROM events WHERE format IS NULL AND damage IS NULL")["n"][0] == 50
        assert store.ranges[names].isna().all(axis=None)
        assert "?" in overview_text("", store.ranges_table())
        fill = Filler(store, decoder)
        fill(raw_records(50, 5), capture_id="c2")
        assert store.ranges[names].isna().all(axis=1).tolist() == [True, True, False]
        redecode(store, decoder)
        assert store.ranges[names].to_numpy().tolist() == [[0, 0, 0]] * 3
        assert store.sql("SELECT DISTINCT format FROM events")["format"].tolist() == ["json"]
        assert "?" not in overview_text("", store.ranges_table())


def test_an_old_segment_packs_and_is_decoded_again(old_path, decoder):
    with SnapshotStore.open(old_path, write=True) as store:
        before = conventions(store)
        assert redecode(store, decoder) == 50
        assert set(store.sql("SELECT events_layout FROM segments")["events_layout"]) == {EVENTS_LAYOUT}
        assert conventions(store).equals(before)


def test_an_old_segment_moves_into_the_file(old_path):
    with SnapshotStore.open(old_path, write=True) as store:
        before = conventions(store)
        assert store.pack()
        assert conventions(store).equals(before)


def test_every_table_of_a_file_has_a_writer(snapshot_path):
    """A table that no module inserts into is dropped by a migration; tests/unit/lag covers the tables of lag."""
    with SnapshotStore.open(snapshot_path, write=True) as store, store.cursor() as cursor:
        found = cursor.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
    source = "".join(path.read_text() for path in Path(workbench.__file__).parent.rglob("*.py"))
    written = {*re.findall(r'INSERT INTO "?(\w+)', source), "packed_records", "packed_events"}
    lag = set(re.findall(r"CREATE TABLE (\w+)", " ".join(LAG_TABLES)))
    assert {name for (name,) in found} - written - lag == set()


def test_tables_that_nothing_wrote_are_dropped_from_an_old_snapshot(old_path):
    with SnapshotStore.open(old_path, write=True) as store, store.cursor() as cursor:
        left = cursor.execute("SELECT table_name FROM duckdb_tables() WHERE table_name = 'replay_edits'")
        assert left.fetchall() == []
