from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from snapshot_rows import Filler, raw_records

from workbench.decoding import Decoder
from workbench.errors import PositionError, ValidationError
from workbench.model.feeds import Identity
from workbench.replay.selected_positions import positions_of
from workbench.store import SnapshotStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SnapshotStore]:
    with SnapshotStore.open(tmp_path / "s.duckdb", write=True) as opened:
        Filler(opened, Decoder())(raw_records(0, 10))
        yield opened


def test_positions_may_be_written_as_text(store):
    topic = store.sources()[0].topic
    as_identity, _ = positions_of(store, [Identity(topic, 0, 3)])
    assert positions_of(store, f"{topic}/0@3")[0].equals(as_identity)
    assert positions_of(store, f"{topic}/0/3")[0].equals(as_identity)
    assert positions_of(store, [f"{topic}/0@3"]) == (as_identity, "1 record picked by hand")
    both, said = positions_of(store, [f"{topic}/0@3", Identity(topic, 0, 4)])
    assert (both["offset"].to_pylist(), said) == ([3, 4], "2 records picked by hand")


def test_a_text_among_several_that_is_no_position_is_refused(store):
    with pytest.raises(PositionError, match="orders/3@1842"):
        positions_of(store, ["event_type = 'a'"])
    with pytest.raises(ValidationError, match="no topic"):
        positions_of(store, "elsewhere/0@3")
