"""The check that reads along confirms a delivery that is as planned, and nothing else."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from replay_bench import Bench, select, write

from workbench.bus import open_log
from workbench.errors import UnknownTopicError
from workbench.model import NewRecord
from workbench.replay.proof.following import FollowingCheck
from workbench.replay.run.preparation import start_positions
from workbench.store.journal import Journal

BASE_MS = 1_700_000_000_000
COUNT = 40


async def one(columns):
    yield columns


class Delivery:
    """A plan of `COUNT` records over two partitions, the check that reads along, and a writer."""

    def __init__(self, log, plan, target) -> None:
        self.log, self.plan, self.target = log, plan, target
        self.check = FollowingCheck(log, plan)

    async def sent(self, seqs, change=lambda columns: columns):
        columns = change(self.plan.records.target_columns(np.asarray(seqs), BASE_MS))
        async with self.log.writer() as writer:
            return await writer.send_columns(self.target, one(columns))

    async def deliver(self, first=0, stop=COUNT, change=lambda columns: columns):
        seqs = np.arange(first, stop)
        self.check.settled(seqs, await self.sent(seqs, change), committed=True)

    async def confirms(self):
        try:
            return await self.check.confirms()
        finally:
            await self.check.aclose()


@pytest.fixture
async def make(topic_name, tmp_path):
    async with open_log(f"memory://{topic_name('following')}") as log:
        with Journal.open(tmp_path / "journal.duckdb") as journal:

            async def make(**options):
                bench = Bench(log, journal, topic_name)
                source, target = await bench.topic(2), await bench.topic(2)
                made = [NewRecord(source, b"k", b"%d" % at, (), at % 2, BASE_MS + at) for at in range(COUNT)]
                await write(log, made)
                plan = await bench.plan(await select(log, source, **options), target)
                delivery = Delivery(log, plan, target)
                delivery.check.start(await start_positions(log, plan))
                return delivery

            yield make


@pytest.mark.parametrize("options", [{}, {"headers": "exact"}, {"timestamps": "now"}])
async def test_what_is_as_planned(make, options):
    delivery = await make(**options)
    for first in range(0, COUNT, 10):
        await delivery.deliver(first, first + 10)
    assert await delivery.confirms()
    assert (delivery.check.records, delivery.check.others) == (COUNT, 0)


async def test_records_of_others_in_between(make):
    delivery = await make()
    await delivery.deliver(0, 10)
    await write(delivery.log, [NewRecord(delivery.target, b"o", b"%d" % at, (), at % 2) for at in range(4)])
    await delivery.deliver(10, COUNT)
    await write(delivery.log, [NewRecord(delivery.target, b"o", None, (), 0)])
    assert await delivery.confirms()
    assert (delivery.check.records, delivery.check.others) == (COUNT, 5)


def changed(name, values):
    def change(columns):
        return columns.set_column(columns.schema.get_field_index(name), name, values(columns))

    return change


def one_time_less(columns):
    return pa.array(columns["timestamp_ms"].to_numpy() - (np.arange(COUNT) == 7))


def other_value(columns):
    return pa.array([b"other", *columns["value"].to_pylist()[1:]], pa.binary())


def without_keys(columns):
    return pa.nulls(len(columns), pa.binary())


def without_a_header(columns):
    rows = columns["headers"].to_pylist()
    return pa.array([*rows[:-1], rows[-1][1:]], columns["headers"].type)


@pytest.mark.parametrize(
    "change",
    [
        changed("value", other_value),
        changed("key", without_keys),
        changed("timestamp_ms", one_time_less),
        changed("headers", without_a_header),
    ],
)
async def test_other_content(make, change):
    delivery = await make()
    await delivery.deliver(change=change)
    assert not await delivery.confirms()


async def test_records_that_are_there_twice(make):
    delivery = await make()
    await delivery.deliver()
    await delivery.sent([3])
    assert not await delivery.confirms()


async def test_records_that_are_not_where_they_were_acknowledged(make):
    delivery = await make()
    seqs = np.arange(COUNT)
    written = await delivery.sent(seqs)
    await write(delivery.log, [NewRecord(delivery.target, b"o", None, (), at) for at in range(2)])
    delivery.check.settled(seqs, replace(written, offsets=written.offsets + 1), committed=True)
    assert not await delivery.confirms()


async def test_an_order_that_is_not_the_planned_one(make):
    delivery = await make()
    for first in (10, 0, 20, 30):
        await delivery.deliver(first, first + 10)
    assert not await delivery.confirms()


async def test_batches_that_did_not_end_well(make):
    for missing in (0, 1):
        delivery = await make()
        await delivery.deliver(0, 20)
        seqs = np.arange(20, COUNT)
        written = await delivery.sent(seqs[missing:])
        delivery.check.settled(seqs, written, committed=bool(missing))
        assert not await delivery.confirms()


async def test_records_that_were_never_sent(make):
    delivery = await make()
    await delivery.deliver(0, 20)
    assert not await delivery.confirms()


async def test_a_target_that_cannot_be_read(make):
    delivery = await make()
    await delivery.deliver()
    await delivery.log.delete_topic(delivery.target)
    with contextlib.suppress(UnknownTopicError):
        assert not await delivery.confirms()
