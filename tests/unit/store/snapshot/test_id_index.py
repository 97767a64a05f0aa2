"""The index of a snapshot's ids: from files, from memory where there is none, and always of the rows that there are."""

from __future__ import annotations

import numpy as np
import pytest
from snapshot_rows import Filler, raw_records

from workbench.decoding import Decoder
from workbench.store import SnapshotStore
from workbench.store.ids.entries import key_of
from workbench.store.ids.roles import IdRole
from workbench.store.snapshot.id_rows import read_rows
from workbench.store.transfer import copy_to
from workbench.store.transfer.redecoding import redecode


@pytest.fixture
def store(tmp_path):
    with SnapshotStore.open(tmp_path / "s.duckdb", write=True) as store:
        yield store


def fill(store, first, count, *, segments=False, topic="orders"):
    Filler(store, Decoder())(
        raw_records(first, count), topic=topic, capture_id=f"c{first}", segment_bytes=1 if segments else None
    )


def offsets(store, number):
    """The offsets of the records with an event id, read by the index."""
    key = key_of(IdRole.EVENT_ID, f"00000000-0000-4000-8000-{number:012d}")
    with store.cursor() as cursor:
        parts = store.ids.parts(cursor)
        found = parts.find(np.array([key]))
        rows = read_rows(cursor, parts, found, ['"offset"', "topic"], part="events", checks=store.segment_checks)
    return rows["offset"].to_pylist()


def files(store):
    return sorted(path.name for path in store.folder.glob("*")) if store.folder.exists() else []


def test_rows_of_segments_and_of_the_file_itself_are_found(store):
    fill(store, 0, 5, segments=True)
    fill(store, 100, 5)
    assert files(store) == ["000001.events.parquet", "000001.ids", "000001.records.parquet"]
    assert [offsets(store, number) for number in (3, 102, 55)] == [[3], [102], []]
    fill(store, 200, 5)
    fill(store, 300, 5, segments=True)
    assert [offsets(store, number) for number in (204, 303, 102)] == [[204], [303], [102]]


@pytest.mark.parametrize("damage", ["missing", "cut", "foreign"])
def test_a_segment_without_a_usable_index_is_indexed_in_memory(store, damage):
    fill(store, 0, 5, segments=True)
    fill(store, 100, 5, segments=True)
    one, other = (store.folder / f"00000{number}.ids" for number in (1, 2))
    if damage == "missing":
        one.unlink()
    elif damage == "cut":
        one.write_bytes(one.read_bytes()[:-8])
    else:
        one.write_bytes(other.read_bytes())
    assert [offsets(store, number) for number in (3, 102)] == [[3], [102]]


def test_a_damaged_block_stops_the_look_up_until_files_are_left_alone(store):
    fill(store, 0, 5, segments=True)
    path = store.folder / "000001.ids"
    content = path.read_bytes()
    # The last word of the first of two blocks, behind a head of twelve words.
    at = (len(content) + 12 * 8) // 2 - 3
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    with pytest.raises(ValueError, match="not what was written"):
        offsets(store, 3)
    store.ids.forget(files_too=True)
    assert offsets(store, 3) == [3]


def test_the_index_goes_with_its_segment(store, tmp_path):
    fill(store, 0, 5, segments=True)
    with SnapshotStore.open(copy_to(store, tmp_path / "copy.duckdb")) as copy:
        assert files(copy) == files(store)
        assert offsets(copy, 3) == [3]
    redecode(store, Decoder())
    assert files(store) == ["000001.1.events.parquet", "000001.1.ids", "000001.records.parquet"]
    assert offsets(store, 3) == [3]
    store.pack()
    assert files(store) == []
    assert offsets(store, 3) == [3]


def test_an_index_that_no_segment_has_is_swept_away(store, tmp_path):
    fill(store, 0, 5, segments=True)
    store.close()
    for name in ("000002.ids", "000001.7.ids", "notes.ids"):
        (store.folder / name).write_bytes(b"")
    SnapshotStore.open(tmp_path / "s.duckdb", write=True).close()
    assert files(store) == ["000001.events.parquet", "000001.ids", "000001.records.parquet", "notes.ids"]


def test_rows_that_were_decoded_again_are_found_by_their_new_ids(store):
    fill(store, 0, 5)
    assert offsets(store, 3) == [3]
    redecode(store, Decoder(conventions=[]))
    assert offsets(store, 3) == []
