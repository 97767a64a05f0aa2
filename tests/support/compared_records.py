"""Compares decoding in bulk with decoding one by one on generated records, block by block.

Each block is made from a seed of its own, so that blocks can be compared in processes beside each other, and one that
shows a difference can be compared again alone.
"""

from __future__ import annotations

import functools
import multiprocessing
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import exact_events
import generated_records
import pyarrow as pa
from hostile_records import OWN

from workbench.decoding import Decoder, TopicConvention, builtin_conventions
from workbench.model.records.columns import EVENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from generated_records import Row

    from workbench.decoding import Convention

BLOCK = 10_000
"""Records of a block."""
BATCH = 200
SHOWN = 5
"""Differences that a block looks for before it reports them."""
SETTINGS: list[tuple[tuple[Convention, ...] | None, TopicConvention | None]] = [
    *[(None, None)] * 8,
    (OWN, None),
    ((*OWN, *builtin_conventions()), None),
    (None, TopicConvention("generic_json")),
    (None, TopicConvention("contract", force=True)),
    (None, TopicConvention("onex")),
    (None, TopicConvention("cloudevents", force=True)),
    (None, TopicConvention("nservicebus")),
]


@dataclass(frozen=True, slots=True)
class Block:
    """Records to compare: they depend on seed and number alone."""

    seed: int
    number: int
    count: int


@functools.cache
def decoder_of(setting: int) -> Decoder:
    """Make the decoder of a setting once: compiling conventions costs as much as a batch."""
    conventions, fixed = SETTINGS[setting]
    return Decoder(conventions, {} if fixed is None else dict.fromkeys(generator().topics, fixed))


@functools.cache
def generator() -> generated_records.Generator:
    return generated_records.Generator(0)


class Comparison:
    """One setting of conventions on one topic, in both ways."""

    def __init__(self, topic: str, setting: int) -> None:
        self.topic = topic
        self.conventions, self.fixed = SETTINGS[setting]
        self._decoder = decoder_of(setting)

    def exact(self, rows: list[Row]) -> pa.RecordBatch:
        listed = [(tuple(headers), value) for headers, value in rows]
        return exact_events.exact_events(self.topic, listed, self.conventions, self.fixed)

    def bulk(self, records: pa.RecordBatch | pa.Table) -> pa.RecordBatch:
        return self._decoder.decode(records, self.topic)

    def alone(self, row: Row) -> pa.RecordBatch:
        return self.bulk(generated_records.batch([row]))

    def differs(self, row: Row) -> bool:
        return not self.alone(row).equals(self.exact([row]))

    def difference(self, row: Row) -> str:
        """Show the smallest such record and both answers."""
        headers, value = generated_records.smallest(row, self.differs) if self.differs(row) else row
        one, other = (found.to_pylist()[0] for found in (self.alone((headers, value)), self.exact([(headers, value)])))
        columns = [f"    {name}: bulk {one[name]!r}, exact {other[name]!r}" for name in one if one[name] != other[name]]
        fixed = "" if self.fixed is None else f" fixed to {self.fixed}"
        shown = "\n".join(columns) or "    only among other records"
        return f"  topic {self.topic!r}{fixed}\n  headers {headers!r}\n  value {value!r}\n{shown}"


def in_another_layout(batch: pa.RecordBatch, chance: random.Random) -> pa.RecordBatch | pa.Table:
    """The same rows as a part of a longer batch, or as a table of several."""
    if chance.random() < 0.5:
        longer = pa.concat_batches([batch.slice(0, 3), batch])
        return longer.slice(min(3, batch.num_rows))
    cut = chance.randrange(batch.num_rows)
    return pa.Table.from_batches([batch.slice(0, cut), batch.slice(cut)])


@dataclass(frozen=True, slots=True)
class Compared:
    """What the comparison of one block has seen."""

    differences: list[str]
    codes: set[str]
    conventions: set[str | None]


def compared(block: Block) -> Compared:
    """Compare the records of one block; block 0 begins with the unharmed records."""
    chance = random.Random(f"{block.seed}:{block.number}")  # noqa: S311 - repeatable, not secret
    seen = Compared([], set(), set())
    generator().begin(f"{block.seed}:{block.number}")
    for topic, rows in generator().batches(block.count, BATCH, unharmed=block.number == 0):
        comparison = Comparison(topic, chance.randrange(len(SETTINGS)))
        expected = comparison.exact(rows)
        found = comparison.bulk(in_another_layout(generated_records.batch(rows), chance))
        assert found.schema == EVENT
        found.validate(full=True)
        seen.codes.update(code.partition(":")[0] for code in expected["problems"].flatten().to_pylist())
        seen.conventions.update(expected["convention"].to_pylist())
        if not found.equals(expected):
            wrong = [row for at, row in enumerate(rows) if not found.slice(at, 1).equals(expected.slice(at, 1))]
            seen.differences.extend(f"block {block.number}: {comparison.difference(row)}" for row in wrong[:SHOWN])
        if len(seen.differences) >= SHOWN:
            break
    return seen


def all_compared(blocks: Sequence[Block], processes: int) -> Iterator[Compared]:
    """Compare blocks, in this process or in so many beside each other; tells how far it is."""
    if processes == 1:
        yield from map(compared, blocks)
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        for block, seen in zip(blocks, pool.map(compared, blocks), strict=True):
            print(f"block {block.number}: {len(seen.differences)} differences", flush=True)  # noqa: T201 - a long run
            yield seen
