"""A damaged segment is an error that names it, before a query has read it; a look-up checks only what it needs."""

from __future__ import annotations

import os

import pytest
from snapshot_rows import raw_records

from workbench.errors import SnapshotFormatError
from workbench.store import SnapshotStore
from workbench.store.segments.checksums import parts_of
from workbench.store.transfer import copy_to, export_records, redecode


def flip(path, part=0.5, bit=0):
    """Change one bit of a file, and keep its time, as a failing disk does."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[int(part * len(content))] ^= 1 << bit
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.fixture
def segmented(store, fill):
    for begin in (0, 400, 800):
        fill(raw_records(begin, 400), segment_bytes=1)
    store.close()
    return store


class TestDamage:
    @pytest.mark.parametrize("part", ["records", "events"])
    def test_every_flipped_bit_is_an_error_with_what_the_file_held(self, segmented, part):
        path = segmented.folder / f"000002.{part}.parquet"
        whole = path.read_bytes()
        for number in range(24):
            path.write_bytes(whole)
            flip(path, number / 24, number % 8)
            with SnapshotStore.open(segmented.path) as opened, pytest.raises(SnapshotFormatError) as caught:
                opened.sql(f"SELECT * FROM {part}")
            assert f"000002.{part}.parquet is damaged" in str(caught.value)
            assert "400 records: orders/0 offsets 400 to 799" in str(caught.value)
        path.write_bytes(whole)
        with SnapshotStore.open(segmented.path) as opened:
            assert len(opened.sql(f"SELECT * FROM {part}")) == 1200

    def test_every_way_to_the_rows_is_guarded(self, segmented, decoder, tmp_path):
        for part in ("records", "events"):
            flip(segmented.folder / f"000001.{part}.parquet")
        with SnapshotStore.open(segmented.path, write=True) as opened:
            for ask in (
                lambda: opened.sql("WITH a AS (SELECT 1) SELECT count(*) FROM a, (FROM records)"),
                lambda: opened.sql("SUMMARIZE events"),
                lambda: opened.sql("SELECT 1 WHERE 1 IN (SELECT 1 FROM EVENTS)"),
                lambda: opened.events(limit=1),
                lambda: opened.events(where="1 IN (SELECT 1 FROM records)"),
                opened.event_table,
                opened.record_table,
                lambda: export_records(opened, tmp_path / "out.parquet"),
                opened.pack,
                lambda: redecode(opened, decoder),
            ):
                with pytest.raises(SnapshotFormatError, match="is damaged"):
                    ask()
            assert not (tmp_path / "out.parquet").exists()
            assert opened.sql("SELECT count(*) AS n FROM segments")["n"][0] == 3
            assert len(opened.ranges) == 3

    def test_damage_after_the_first_reading_is_seen_too(self, segmented):
        with SnapshotStore.open(segmented.path) as opened:
            assert opened.event_table().num_rows == 1200
            path = segmented.folder / "000003.events.parquet"
            content = bytearray(path.read_bytes())
            content[100] ^= 1
            path.write_bytes(content)
            with pytest.raises(SnapshotFormatError, match="000003"):
                opened.event_table()

    def test_a_look_up_by_position_checks_only_its_segment(self, segmented):
        flip(segmented.folder / "000001.records.parquet")
        with SnapshotStore.open(segmented.path) as opened:
            picked = opened.sql_arrow('SELECT source_id, "partition", "offset" FROM events WHERE "offset" = 900')
            assert opened.record_table(positions=picked).num_rows == 1
            picked = opened.sql_arrow('SELECT source_id, "partition", "offset" FROM events WHERE "offset" = 3')
            with pytest.raises(SnapshotFormatError, match="000001"):
                opened.record_table(positions=picked)

    def test_a_copy_keeps_the_checksums(self, segmented, tmp_path):
        with SnapshotStore.open(segmented.path) as opened:
            copy_to(opened, tmp_path / "copy.duckdb")
        copied = tmp_path / "copy.duckdb.segments" / "000002.events.parquet"
        copied.write_bytes(copied.read_bytes()[:-20] + bytes(20))
        with SnapshotStore.open(tmp_path / "copy.duckdb") as copy, pytest.raises(SnapshotFormatError, match="000002"):
            copy.event_table()

    def test_a_segment_without_a_checksum_is_read_as_before(self, segmented):
        with SnapshotStore.open(segmented.path, write=True) as opened:
            with opened.transaction() as cursor:
                cursor.execute("UPDATE segments SET records_crc32c = NULL, events_crc32c = NULL")
            assert opened.event_table().num_rows == 1200


def test_views_that_are_built_over_others_count_as_both():
    assert parts_of({"EVENTS", "x"}, {"mine"}) == ("events",)
    assert parts_of({"Mine"}, {"mine", "records", "events"}) == ("records", "events")
    assert parts_of({"sources"}, {"mine"}) == ()
