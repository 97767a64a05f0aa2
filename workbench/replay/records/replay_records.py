"""The records of a plan beside the facts of their targets: where each goes, when, and with which headers.

Rules, estimates and the run read columns in bulk and single records by seq.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.mapped import batches_of, mapped_array, mapped_longs, release, steps_of, taken_rows
from workbench.model import TopicPartition
from workbench.replay.dead_letter_marks import HOME_PARTITION
from workbench.replay.options import Partitions
from workbench.replay.records.batch_bounds import CHAIN_BYTES, plain_bounds, provenance_bounds
from workbench.replay.records.placement import UNPLACED, Placer
from workbench.replay.records.raw_rows import beside
from workbench.replay.records.replay_headers import SENT_COLUMNS, RecordHeaders
from workbench.replay.records.selected_records import SelectedRecords
from workbench.replay.records.shifted_times import shifted
from workbench.replay.records.sizes import batch_bytes
from workbench.replay.records.source_partitioners import partitioner_of_source
from workbench.replay.target.new_topics import NewTopic, TopicRequirements, new_topic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.bus.partitioner_detection import PartitionerVerdict
    from workbench.model import HeaderList
    from workbench.replay.target.facts import TargetFacts, TopicFacts

Longs = npt.NDArray[np.int64]

NOW = -1
"""Planned timestamp of a record that gets the time of sending."""


class ReplayRecords(SelectedRecords):
    """A draft joined with target facts: what is sent, where to, with which headers and timestamp."""

    def with_facts(self, facts: TargetFacts) -> ReplayRecords:
        """Return the same records beside other facts; what does not depend on them is not computed again."""
        other = replace(self, facts=facts)
        kept = ("raw_bodies", "rewritten", "rows", "digests", "source_digests", "past", "sizes", "partitioners")
        vars(other).update({name: value for name, value in vars(self).items() if name in kept})
        return other

    @cached_property
    def target_numbers(self) -> npt.NDArray[np.int32]:
        """Target of each record, as its index in the target topics of the facts."""
        numbers = {name: number for number, name in enumerate(self.facts.target_topics)}

        def parts() -> Iterator[npt.NDArray[np.int32]]:
            yield np.empty(0, np.int32)
            for batch in batches_of(self.table.select(["topic"])):
                topics = batch.column(0).dictionary_encode()
                of_topic = np.array(
                    [numbers[self.facts.targets[name]] for name in topics.dictionary.to_pylist()], np.int32
                )
                yield of_topic[topics.indices.to_numpy()]

        return mapped_array(parts())

    def target_topic(self, seq: int) -> str:
        """Return the target topic of a record."""
        return self.facts.target_topics[int(self.target_numbers[seq])]

    def target_partition(self, seq: int) -> TopicPartition:
        """Return the target partition of a record."""
        return TopicPartition(self.target_topic(seq), int(self.target_partitions[seq]))

    def target_topic_column(self, seqs: Longs) -> pa.Array:
        """Return the target topics of some records."""
        names = pa.array(self.facts.target_topics, pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(self.target_numbers[seqs]), names).cast(pa.string())

    @cached_property
    def target_rows(self) -> dict[str, Longs]:
        """Seqs bound for each target topic, ascending."""
        return {name: mapped_longs(self._bound_for(number)) for number, name in enumerate(self.facts.target_topics)}

    def _bound_for(self, number: int) -> Iterator[Longs]:
        for rows in steps_of(len(self)):
            yield rows.start + np.flatnonzero(self.target_numbers[rows] == number)

    @cached_property
    def lanes(self) -> Longs:
        """A number for the target partition of each record."""
        topics, partitions = self.target_numbers, self.target_partitions
        return mapped_longs((topics[rows].astype(np.int64) << 32) + partitions[rows] for rows in steps_of(len(self)))

    @cached_property
    def planned_timestamps(self) -> Longs:
        """Planned timestamp of each record; `NOW` where it is the time of sending."""
        times = original = self.numbers("timestamp_ms")
        if self.options.timestamps == "now":
            return mapped_array([np.full(len(times), NOW, np.int64)])
        if self.options.timestamps == "shift":
            times = shifted(times, self.start_ms, self.options.speed)
        kinds = self.numbers("timestamp_type")
        return mapped_longs(
            np.where((original[rows] < 0) | (kinds[rows] < 0), NOW, times[rows]) for rows in steps_of(len(self))
        )

    @cached_property
    def new_topics(self) -> tuple[NewTopic, ...]:
        """Topics that the run creates before it sends."""
        if self.facts.named and not self.options.create_target:
            return ()
        return tuple(
            new_topic(name, self._requirements(self.target_rows[name]), self.facts.asked_at_ms)
            for name in self.facts.target_topics
            if not self.facts.topics[name].exists
        )

    def _requirements(self, seqs: Longs) -> TopicRequirements:
        kept = self.planned_timestamps[beside(seqs)]
        kept = kept[kept != NOW]
        used = int(self.numbers("partition")[beside(seqs)].max()) + 1 if len(seqs) else 1
        return TopicRequirements(
            source_partitions=max([used, *(self.source_partitions(row) or 0 for row in self.first_rows(seqs))]),
            oldest_kept_ms=int(kept.min()) if len(kept) else None,
            largest_batch=int(self.batch_bounds[beside(seqs)].max()) if len(seqs) else 0,
        )

    def first_rows(self, seqs: Longs) -> list[int]:
        """Return the first of these seqs of each source."""
        first: dict[int, int] = {}
        sources = self.numbers("source_id")[beside(seqs)]
        for rows in steps_of(len(seqs)):
            for source, at in zip(*np.unique(sources[rows], return_index=True), strict=True):
                first.setdefault(int(source), int(seqs[rows.start + at]))
        return [first[source] for source in sorted(first)]

    def source_partitions(self, seq: int) -> int | None:
        """Return the partition count of a record's source topic: as captured, or as it is now on the same cluster."""
        source = self.sources[int(self.numbers("source_id")[seq])]
        if source.partitions is not None:
            return source.partitions
        now = self.facts.topics.get(source.topic) if source.cluster_id == self.facts.cluster_id else None
        return now.partitions if now is not None and now.exists else None

    @cached_property
    def topic_facts(self) -> dict[str, TopicFacts]:
        """Facts of each target topic, found or to be created; a missing one has no partitions."""
        created = {topic.name: topic.facts() for topic in self.new_topics}
        return {name: created.get(name) or self.facts.topics[name] for name in self.facts.target_topics}

    @cached_property
    def target_partitions(self) -> npt.NDArray[np.int32]:
        """Target partition of each record; -1 where the target has none for it."""
        placers = [
            Placer(self._resolved_policy(self.target_rows[name]), self.topic_facts[name].partitions)
            for name in self.facts.target_topics
        ]
        return mapped_array(self._placed(placers))

    def _placed(self, placers: Sequence[Placer]) -> Iterator[npt.NDArray[np.int32]]:
        yield np.empty(0, np.int32)
        table = self.raw_bodies.table
        read = [HOME_PARTITION] if HOME_PARTITION in table.column_names else []
        read += ["key"] if any(placer.reads_keys for placer in placers) else []
        first = 0
        for batch in batches_of(table.select(["partition", *read])):
            targets = self.target_numbers[first : first + batch.num_rows]
            source, keys = _kept_partitions(batch), batch.column("key") if "key" in read else None
            placed = np.full(batch.num_rows, UNPLACED, np.int32)
            for number in np.unique(targets).tolist():
                rows = np.flatnonzero(targets == number)
                some = keys if keys is None or len(rows) == len(keys) else keys.take(pa.array(rows))
                placed[rows] = placers[number].place(source[rows], some)
            yield placed
            first += batch.num_rows

    def _resolved_policy(self, seqs: Longs) -> Partitions | None:
        """Return the policy of the records of one target; None where the partitioner of their source is not known."""
        policy = self.options.partitions
        if policy.policy != "detected":
            return policy
        found = {self.partitioners[int(number)].name for number in np.unique(self.numbers("source_id")[seqs])}
        name = found.pop() if len(found) == 1 else "unknown"
        return None if name in ("mixed", "unknown") else Partitions(name)  # type: ignore[arg-type]  # a partitioner

    @cached_property
    def partitioners(self) -> dict[int, PartitionerVerdict]:
        """Which partitioner explains where the selected records of each source lie, by source id."""
        found = {}
        numbers, keys = self.numbers("source_id"), self.raw_bodies.table["key"]
        for number in np.unique(numbers).tolist():
            rows = np.flatnonzero(numbers == number)
            count = self.source_partitions(int(rows[0])) or 0
            found[number] = partitioner_of_source(keys, self.numbers("partition"), rows, count)
        return found

    @cached_property
    def append_time_topics(self) -> frozenset[str]:
        """Targets whose broker overwrites timestamps (LogAppendTime)."""
        return frozenset(name for name, topic in self.topic_facts.items() if topic.appends_time)

    @cached_property
    def record_headers(self) -> RecordHeaders | None:
        """The writer of provenance headers; None when headers stay exactly as they are."""
        if self.options.headers == "exact":
            return None
        return RecordHeaders(self.facts.run_id, self.options.mode, self.product)

    @cached_property
    def _sent_columns(self) -> pa.Table:
        """The columns from which a record is sent. A part that lies in several batches is copied."""
        return self.planned.select([name for name in self.planned.column_names if name in SENT_COLUMNS])

    def chosen(self, seqs: Longs) -> pa.RecordBatch:
        """Return the planned rows of some records, as one batch; without a copy where they lie side by side."""
        rows, planned = beside(seqs), self._sent_columns
        table = planned.slice(rows.start, len(seqs)) if isinstance(rows, slice) else taken_rows(planned, rows)
        batches = table.combine_chunks().to_batches()
        return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)

    def target_columns(self, seqs: Longs, at_ms: int) -> pa.RecordBatch:
        """Return some records as they are sent at this time, columns of `Writer.send_columns`.

        Args:
            seqs: Ascending, all for one target topic.
            at_ms: UTC milliseconds.
        """
        release()
        source = self.chosen(seqs)
        planned = self.planned_timestamps[seqs]
        return pa.RecordBatch.from_arrays(
            [
                pa.array(self.target_partitions[seqs]),
                pa.array(np.where(planned == NOW, at_ms, planned)),
                source.column("key"),
                source.column("value"),
                self._headers(source, seqs, at_ms),
            ],
            names=["partition", "timestamp_ms", "key", "value", "headers"],
        )

    def _headers(self, source: pa.RecordBatch, seqs: Longs, at_ms: int) -> pa.Array:
        if self.record_headers is None:
            return source.column("headers")
        return self.record_headers.headers(source, seqs, at_ms, replayed=len(self.past.rows) > 0)

    def target_headers(self, seq: int, at_ms: int) -> HeaderList:
        """Return the headers of a record that is sent at this time."""
        seqs = np.array([seq], np.int64)
        headers = self._headers(self.chosen(seqs), seqs, at_ms)[0].as_py()
        return tuple((header["name"], header["value"]) for header in headers)

    @cached_property
    def batch_bounds(self) -> Longs:
        """Upper bound of the bytes that each record needs in a batch of its own."""
        if self.record_headers is None:
            return mapped_longs(plain_bounds(self.rows, self.sizes))
        bounds, past = mapped_longs(provenance_bounds(self.rows, self.sizes, self.planned)), self.past
        if not len(past.rows):
            return bounds
        # What earlier replays left is among the sizes; bytes of a chain that are no UTF-8 become three each.
        wider = bounds.copy()
        wider[past.rows] += 2 * past.chain_bytes + CHAIN_BYTES
        return mapped_array([wider])

    def batch_size(self, seq: int) -> int:
        """Return the exact size in bytes of a batch that holds this record alone."""
        headers = self.target_headers(seq, self.facts.asked_at_ms)
        return batch_bytes(self.rows.keys[seq], self.rows.values[seq], headers)


def _kept_partitions(batch: pa.RecordBatch) -> npt.NDArray[np.int32]:
    """Return the partition that the policy ``keep`` keeps: of the source, or of the origin of a dead letter."""
    source = batch.column("partition")
    if HOME_PARTITION in batch.schema.names:
        source = pc.coalesce(batch.column(HOME_PARTITION), source)
    return source.to_numpy().astype(np.int32)  # type: ignore[no-any-return]  # pyarrow ships no types
