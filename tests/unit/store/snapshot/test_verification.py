"""Verification reads everything: segments, tables of the file, counts."""

from __future__ import annotations

import pytest
from snapshot_rows import raw_records

from workbench.errors import SnapshotError
from workbench.store import SnapshotStore
from workbench.store.snapshot.verification import verify_snapshot


def states(path):
    with SnapshotStore.open(path) as opened:
        frame = verify_snapshot(opened)
    found = {row["what"]: row["state"] for row in frame.to_dict("records") if row["state"] != "ok"}
    assert len(found) - sum(state == "no checksum" for state in found.values()) == frame.attrs["faults"]
    return found


def test_a_whole_snapshot(store, fill):
    fill(raw_records(0, 40), segment_bytes=1)
    fill(raw_records(40, 10))
    store.close()
    assert states(store.path) == {}


def test_every_damaged_and_missing_file_is_listed(store, fill):
    for begin in (0, 400):
        fill(raw_records(begin, 400), segment_bytes=1)
    store.close()
    for name in ("000001.events.parquet", "000002.records.parquet"):
        path = store.folder / name
        path.write_bytes(b"\0" + path.read_bytes()[1:])
    assert states(store.path) == {
        "segment file 000001.events.parquet": "damaged",
        "segment file 000002.records.parquet": "damaged",
    }


def test_rows_that_are_gone_are_counted(store, fill):
    fill(raw_records(0, 40))
    with store.transaction() as cursor:
        cursor.execute('DELETE FROM packed_events WHERE "offset" < 3')
    store.close()
    assert states(store.path) == {"records of orders/0": "differs"}


def test_a_segment_of_an_earlier_version_is_said(store, fill):
    fill(raw_records(0, 40), segment_bytes=1)
    with store.transaction() as cursor:
        cursor.execute("UPDATE segments SET records_crc32c = NULL")
    store.close()
    assert states(store.path) == {"segment file 000001.records.parquet": "no checksum"}


def test_a_flipped_bit_of_a_packed_snapshot_is_never_a_wrong_value(store, fill):
    fill(raw_records(0, 3000))
    store.pack()
    records, events = store.record_table(), store.event_table()
    store.close()
    whole = store.path.read_bytes()
    found = 0
    for number in range(16):
        content = bytearray(whole)
        content[(2 * number + 1) * len(content) // 32] ^= 1 << number % 8
        store.path.write_bytes(content)
        try:
            with SnapshotStore.open(store.path) as opened:
                faults = verify_snapshot(opened).attrs["faults"]
                assert faults or (opened.record_table().equals(records) and opened.event_table().equals(events))
                found += bool(faults)
        except SnapshotError:
            found += 1
    assert found > 8


@pytest.mark.parametrize("query", ["SELECT * FROM records", "SELECT * FROM events"])
def test_reading_damaged_blocks_is_an_error_of_ours(store, fill, query):
    fill(raw_records(0, 3000))
    store.pack()
    store.close()
    content = bytearray(store.path.read_bytes())
    for at in range(3 * 4096 + 100, len(content), 4096):
        content[at] ^= 255
    store.path.write_bytes(content)
    with pytest.raises(SnapshotError), SnapshotStore.open(store.path) as opened:
        opened.sql(query)
