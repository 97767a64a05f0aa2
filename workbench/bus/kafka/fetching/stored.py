"""Fetched record batches that are compared where they lie, and taken apart only where that is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.bus.kafka.fetching.batch_headers import CONTROL
from workbench.bus.kafka.fetching.batches import record_place
from workbench.bus.kafka.fetching.bounded import decode_bounded
from workbench.bus.kafka.fetching.comparing import Wanted
from workbench.model.records.chunk import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.bus.kafka.fetching.compression import Workspace
    from workbench.bus.kafka.fetching.cursors import FetchedBatches
    from workbench.bus.stored import WantedRecords


@dataclass(frozen=True, slots=True)
class StoredBatches:
    """Fetched batches of one partition; see `workbench.bus.stored.StoredRecords`."""

    fetched: FetchedBatches
    largest: int
    """Bytes of the largest record that is read."""
    workspace: Workspace
    """Memory that the batches of one reader are unpacked into, one after another; not for several threads at once."""

    @property
    def topic(self) -> str:
        return self.fetched.cursor.partition.topic

    @property
    def partition(self) -> int:
        return self.fetched.cursor.partition.partition

    @property
    def next(self) -> int:
        return self.fetched.next

    def split(self, offset: int) -> tuple[StoredBatches, StoredBatches]:
        """Return what lies below an offset, and the rest; a batch across it is in both."""
        batches = self.fetched.batches
        head = [batch for batch in batches if batch.base_offset < offset]
        tail = [batch for batch in batches if batch.last_offset >= offset]
        below = replace(self.fetched, batches=head, stop=offset, next=offset, gaps=())
        return replace(self, fetched=below), replace(self, fetched=replace(self.fetched, batches=tail, start=offset))

    def are(self, wanted: WantedRecords) -> bool:
        """Whether they are these records and no others; of batches with holes, or cut ones, only the chunks tell."""
        one = self.fetched
        batches = [batch for batch in one.batches if batch.kind != CONTROL]
        if not batches or one.gaps:
            return not one.gaps and not len(wanted.offsets)
        if batches[0].base_offset < one.start or batches[-1].last_offset >= one.next:
            return False
        offsets = np.concatenate([np.arange(batch.base_offset, batch.last_offset + 1) for batch in batches])
        if not np.array_equal(offsets, wanted.offsets):
            return False
        by_broker = wanted.timestamps is None
        places = (record_place(one.data, batch, self.workspace, by_broker=by_broker) for batch in batches)
        return _compared(wanted).lie_in(places)

    def chunks(self) -> Iterator[Chunk]:
        """Take them apart, as many chunks as their size takes."""
        one, start = self.fetched, self.fetched.start
        for decoded in decode_bounded(
            one.data, self.partition, one.batches, start, one.stop, workspace=self.workspace, largest=self.largest
        ):
            # Without batches it is the report of a gap.
            after = decoded.next if one.batches else one.next
            yield Chunk(
                topic=self.topic,
                partition=self.partition,
                records=decoded.records,
                start=start,
                next=after,
                end=one.end,
                control=decoded.control,
                aborted=decoded.aborted,
                gaps=one.gaps + decoded.gaps,
            )
            start = after


def _compared(wanted: WantedRecords) -> Wanted:
    key, value, headers = (wanted.content.column(name) for name in ("key", "value", "headers"))
    marks = wanted.marks
    if marks is None:
        return Wanted(key, value, headers, wanted.timestamps)
    return Wanted(key, value, headers, wanted.timestamps, marks.added, marks.run, marks.number, wanted.numbers)
