"""The index file of a segment: read back as it was written, and not used when anything about it is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.store.ids.entries import keys_of, rows_of
from workbench.store.ids.id_file import BLOCK, open_ids, sorted_entries, write_ids
from workbench.store.ids.roles import ROW_BITS
from workbench.store.ids.search import rows_of_keys

ROWS, CRC = 5_000, 77


def entries(count=4 * BLOCK + 3, seed=1):
    random = np.random.default_rng(seed)
    keys, rows = random.integers(0, 900, count), random.integers(0, ROWS, count)
    return (keys.astype(np.uint64) << np.uint64(ROW_BITS)) | rows.astype(np.uint64)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "000001.ids"
    write_ids(path, [entries()], ROWS, CRC)
    return path


def test_a_file_finds_what_memory_finds(path):
    given = entries()
    keys = np.arange(901)
    expected = sorted(zip(keys_of(given).tolist(), rows_of(given).tolist(), strict=True))
    for part in (open_ids(path, ROWS, CRC), sorted_entries(given)):
        assert len(part) == len(given)
        found = [(key, row) for key in keys.tolist() for row in rows_of_keys([part], np.array([key])).tolist()]
        assert sorted(found) == expected
        wanted = np.array([3, 17, 4_000, ROWS + 9])
        assert np.array_equal(np.sort(part.entries_of_rows(wanted)), np.sort(given[np.isin(rows_of(given), wanted)]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 2 * BLOCK + 1), max_size=5), st.integers(0, 6))
def test_a_key_of_many_entries_is_found_whole(counts, wanted):
    keys = np.random.default_rng(1).permutation(np.repeat(np.arange(len(counts)), counts)).tolist()
    made = (np.array(keys, dtype=np.uint64) << np.uint64(ROW_BITS)) | np.arange(len(keys), dtype=np.uint64)
    found = rows_of_keys([sorted_entries(made)], np.array([wanted]))
    assert found.tolist() == [row for row, key in enumerate(keys) if key == wanted]


def test_a_file_of_other_rows_or_of_another_events_file_is_not_used(path):
    assert open_ids(path, ROWS + 1, CRC) is None
    assert open_ids(path, ROWS, CRC + 1) is None
    assert open_ids(path.with_name("none.ids"), ROWS, CRC) is None
    assert open_ids(path.parent, ROWS, CRC) is None
    link = path.with_name("link.ids")
    link.symlink_to(path)
    assert open_ids(link, ROWS, CRC) is None


@pytest.mark.parametrize("size", [0, 7, 8, 64, 80, 4_000, -8, -1])
def test_a_file_that_is_cut_off_is_not_used(path, size):
    path.write_bytes(path.read_bytes()[:size])
    assert open_ids(path, ROWS, CRC) is None


def test_each_changed_bit_is_noticed_before_it_can_hide_a_row(path):
    whole = path.read_bytes()
    for at in range(0, len(whole), 331):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        part = open_ids(path, ROWS, CRC)
        if part is not None:
            with pytest.raises(ValueError, match="not what was written"):
                everything_of(part)


def everything_of(part):
    return rows_of_keys([part], np.arange(900)), part.entries_of_rows(np.arange(ROWS))


def test_nothing_to_index_is_a_file_too(tmp_path):
    path = tmp_path / "000002.ids"
    write_ids(path, [], 3, CRC)
    part = open_ids(path, 3, CRC)
    assert not len(part)
    assert not len(rows_of_keys([part], np.array([1])))
    assert not len(part.entries_of_rows(np.arange(3)))
