"""Everything a plan is judged by, laid out once in seq order: columns for bulk, rows for single records."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from workbench.replay.records.digest import body_digests
from workbench.replay.records.ordering import ordered
from workbench.replay.records.placement import UNPLACED, place
from workbench.replay.records.provenance import NO_MARKS, Marks, Origin, RecordHeaders, marks_of
from workbench.replay.records.raw_rows import RawRows
from workbench.replay.records.sizes import HEADER_OVERHEAD, batch_bytes, most_batch_bytes
from workbench.replay.target.creation import Need, NewTopic, appends_time, creation, shapes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.model import HeaderList
    from workbench.model.selection import SelectedSource
    from workbench.replay.draft import Draft
    from workbench.replay.options import Options
    from workbench.replay.target.facts import TargetFacts, TopicFacts

Longs = npt.NDArray[np.int64]

NOW = -1
"""Planned timestamp of a record that is stamped when it is sent."""

_PROVENANCE_MOST = 900
"""More bytes than provenance headers without carried facts, position and correlation ever need."""


@dataclass(frozen=True)
class ReplayRecords:
    """A draft and target facts, joined: what the guards, the warnings, the estimates and the run read."""

    options: Options
    sources: Mapping[int, SelectedSource]
    description: str
    facts: TargetFacts
    records: pa.Table
    """Selected records in seq order."""
    by: str
    """Product and version, for provenance headers."""
    origin: object = None
    """What the records were selected from."""

    @classmethod
    def of(cls, draft: Draft, facts: TargetFacts, by: str) -> ReplayRecords:
        """Order the records of a draft and set them beside the facts."""
        records = ordered(draft.records, draft.options.order)
        return cls(draft.options, draft.sources, draft.description, facts, records, by, draft.origin)

    def __len__(self) -> int:
        return int(self.records.num_rows)

    @cached_property
    def rows(self) -> RawRows:
        """Keys, values and headers."""
        return RawRows(self.records)

    @cached_property
    def digests(self) -> list[bytes]:
        """Body digest of each record; a replay with the same ids leaves it unchanged."""
        return body_digests(self.rows)

    @cached_property
    def marks(self) -> dict[int, Marks]:
        """Marks of earlier replays, by seq."""
        return marks_of(self.rows)

    @cached_property
    def sizes(self) -> Longs:
        """Bytes of key, value and headers of each source record."""
        return self.rows.sizes()

    def column(self, name: str) -> list[Any] | None:
        """An optional column as values; None when the selection has not got it."""
        return self.records[name].to_pylist() if name in self.records.column_names else None

    def numbers(self, name: str) -> Longs:
        """An integer column."""
        values: Longs = self.records[name].to_numpy().astype(np.int64)
        return values

    @cached_property
    def topics(self) -> list[str]:
        """Source topic of each record."""
        names: list[str] = self.records["topic"].to_pylist()
        return names

    @cached_property
    def target_topics(self) -> list[str]:
        """Target topic of each record."""
        return [self.facts.targets[topic] for topic in self.topics]

    @cached_property
    def target_rows(self) -> dict[str, Longs]:
        """Seqs bound for each target topic, ascending."""
        names = np.asarray(self.target_topics, dtype=object)
        return {name: np.flatnonzero(names == name).astype(np.int64) for name in self.facts.target_topics}

    @cached_property
    def kept_times(self) -> Longs:
        """Planned timestamp of each record; `NOW` where it is stamped when sent."""
        times = self.numbers("timestamp_ms")
        if self.options.timestamps == "now":
            return np.full(len(times), NOW, np.int64)
        return np.where((times < 0) | (self.numbers("timestamp_type") < 0), NOW, times)

    @cached_property
    def creates(self) -> tuple[NewTopic, ...]:
        """Topics that the run creates before it sends."""
        if self.facts.named and not self.options.create_target:
            return ()
        return tuple(
            creation(name, self._need(self.target_rows[name]), self.facts.asked_at_ms)
            for name in self.facts.target_topics
            if not self.facts.topics[name].exists
        )

    def _need(self, seqs: Longs) -> Need:
        kept = self.kept_times[seqs]
        kept = kept[kept != NOW]
        used = int(self.numbers("partition")[seqs].max()) + 1 if len(seqs) else 1
        return Need(
            source_partitions=max([used, *(self.source_partitions(row) or 0 for row in self.first_rows(seqs))]),
            oldest_kept_ms=int(kept.min()) if len(kept) else None,
            largest_batch=int(self.batch_bounds[seqs].max()) if len(seqs) else 0,
        )

    def first_rows(self, seqs: Longs) -> list[int]:
        """The first of these seqs of each source."""
        sources = self.numbers("source_id")[seqs]
        return [int(seqs[at]) for at in np.unique(sources, return_index=True)[1]]

    def source_partitions(self, seq: int) -> int | None:
        """Partition count of a record's source topic, by its capture or, on the same cluster, as it is now."""
        source = self.sources[int(self.numbers("source_id")[seq])]
        if source.partitions is not None:
            return source.partitions
        now = self.facts.topics.get(source.topic) if source.cluster_id == self.facts.cluster_id else None
        return now.partitions if now is not None and now.exists else None

    @cached_property
    def shapes(self) -> dict[str, TopicFacts]:
        """Shape of each target topic, found or to be created."""
        return shapes(self.facts, self.creates)

    @cached_property
    def target_partitions(self) -> npt.NDArray[np.int32]:
        """Target partition of each record; -1 where the target has none for it."""
        placed = np.full(len(self), UNPLACED, np.int32)
        keys, source = self.records["key"].combine_chunks(), self.numbers("partition").astype(np.int32)
        for name, seqs in self.target_rows.items():
            count = self.shapes[name].partitions
            placed[seqs] = place(self.options.partitions, source[seqs], keys.take(pa.array(seqs)), count)
        return placed

    @cached_property
    def overwritten(self) -> frozenset[str]:
        """Targets whose broker stamps records itself."""
        return frozenset(name for name, shape in self.shapes.items() if appends_time(shape))

    @cached_property
    def stamp(self) -> RecordHeaders | None:
        """What writes provenance headers; None when headers stay exactly as they are."""
        if self.options.headers == "exact":
            return None
        return RecordHeaders(self.facts.run_id, self.options.mode, self.by)

    @cached_property
    def _origin_columns(self) -> tuple[list[Any], ...]:
        names = ("cluster", "topic", "partition", "offset", "timestamp_ms", "timestamp_type")
        columns = [self.records[name].to_pylist() for name in names]
        return (*columns, self.column("correlation_id") or [None] * len(self))

    def target_headers(self, seq: int, at_ms: int) -> HeaderList:
        """Headers of a record as it is sent at this time."""
        original = self.rows.headers(seq)
        if self.stamp is None:
            return original
        cluster, topic, partition, offset, at, kind, correlation = (values[seq] for values in self._origin_columns)
        origin = Origin(f"{cluster}/{topic}/{partition}/{offset}", at, kind, correlation, self.marks.get(seq, NO_MARKS))
        return self.stamp.headers(original, origin, seq, at_ms)

    @cached_property
    def batch_bounds(self) -> Longs:
        """Upper bound of the bytes that each record needs in a batch of its own."""
        bounds: Longs = most_batch_bytes(0, 0) + self.sizes + self.rows.header_counts * HEADER_OVERHEAD
        if self.stamp is None:
            return bounds
        cluster, topic, *_, correlation = self._origin_columns
        longest = (len(f"{a}{b}{c}".encode()) for a, b, c in zip(cluster, topic, correlation, strict=True))
        bounds += np.fromiter(longest, np.int64, len(self)) + _PROVENANCE_MOST
        for seq in self.marks:
            bounds[seq] = self.batch_size(seq)
        return bounds

    def batch_size(self, seq: int) -> int:
        """Exact bytes of a batch that holds this record alone."""
        headers = self.target_headers(seq, self.facts.asked_at_ms)
        return batch_bytes(self.rows.keys[seq], self.rows.values[seq], headers)
