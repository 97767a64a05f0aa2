"""Dead letters of a service with a new schema: fixed by one function, previewed, sent home, each handled once.

``make test`` runs 300 of them; ``WORKBENCH_DEAD_LETTERS=23000`` is the size of the incident that this was made for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections import Counter

import jsonschema
import pytest

import workbench as wb
from workbench.errors import ValidationError
from workbench.model import NewRecord, Span, TopicPartition

pytestmark = [pytest.mark.promise("RS-8"), pytest.mark.timeout(600)]

COUNT = int(os.environ.get("WORKBENCH_DEAD_LETTERS", "300"))
WITHOUT_PRICE = 50
"""Each of so many has no price; renaming a member does not help it."""
SCHEMA = {
    "type": "object",
    "required": ["order", "customer_id", "price"],
    "properties": {"customer_id": {"type": "string"}, "price": {"type": "number"}},
}
GROUP = "billing"


def old_order(number):
    price = None if number % WITHOUT_PRICE == 0 else number / 4
    return {"order": number, "client": f"c-{number % 97}", "price": price}


def rename(body):
    body["customer_id"] = body.pop("client")
    return body


class Service:
    """Validates each order by the new schema; what fails goes to the dead-letter topic, as Spring writes it."""

    def __init__(self, cluster, topic) -> None:
        self.log, self.topic = cluster.log, topic
        self.validator = jsonschema.Draft202012Validator(SCHEMA)
        self.handled: Counter[int] = Counter()
        self.letters = 0
        self.task: asyncio.Task[None] | None = None

    async def run(self):
        at = TopicPartition(self.topic, 0)
        async with self.log.writer() as writer, self.log.reader([Span(self.topic, 0, 0, None)]) as reader:
            while True:
                for chunk in await reader.read(max_wait_ms=50):
                    letters = [letter for row in chunk.rows() if (letter := self.handle(row)) is not None]
                    if letters:
                        await writer.send(letters)
                    await self.log.commit_offsets(GROUP, {at: chunk.next})
                    # Counted when the group is known on the topic: the test looks for it then.
                    self.letters += len(letters)

    def handle(self, row):
        body = json.loads(row.value)
        fault = next(self.validator.iter_errors(body), None)
        if fault is None:
            self.handled[body["order"]] += 1
            return None
        headers = (
            *row.headers,
            (b"kafka_dlt-original-topic", self.topic.encode()),
            (b"kafka_dlt-original-partition", (0).to_bytes(4, "big")),
            (b"kafka_dlt-original-offset", row.offset.to_bytes(8, "big")),
            (b"kafka_dlt-exception-fqcn", b"com.acme.SchemaRejected"),
            (b"kafka_dlt-exception-message", fault.message.encode()),
        )
        return NewRecord(f"{self.topic}.DLT", row.key, row.value, headers, 0)

    @contextlib.asynccontextmanager
    async def running(self):
        self.task = asyncio.create_task(self.run())
        try:
            yield self
        finally:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task

    async def until(self, handled, letters):
        async with asyncio.timeout(300):
            while (len(self.handled), self.letters) != (handled, letters):
                assert not self.task.done(), self.task.exception()
                await asyncio.sleep(0.02)


@pytest.fixture
async def service(address, topic_name):
    """A running service that has rejected every order of the old schema."""
    topic = topic_name("orders")
    async with await wb.connect(address, write=True, reason="INC-23") as cluster:
        for name in (topic, f"{topic}.DLT"):
            await cluster.log.create_topic(name, partitions=1, config={"retention.ms": "-1"})
        async with Service(cluster, topic).running() as found:
            async with cluster.log.writer() as writer:
                records = [
                    NewRecord(topic, b"k%d" % at, json.dumps(old_order(at)).encode(), ((b"n", b"1"),), 0)
                    for at in range(COUNT)
                ]
                await writer.send(records)
            await found.until(0, COUNT)
            yield cluster, found
        for name in (topic, f"{topic}.DLT"):
            await cluster.log.delete_topic(name)


async def test_each_letter_is_handled_once_and_what_fails_again_is_grouped(service, tmp_path):
    cluster, running = service
    topic, broken = running.topic, len(range(0, COUNT, WITHOUT_PRICE))
    file = tmp_path / "letters.duckdb"
    with await cluster.capture(f"{topic}.DLT", into=file, progress=False) as snap:
        (group,) = snap.dead_letters().groups.itertuples()
        assert (group.records, group.redriven, group.again) == (COUNT, 0, 0)
        redrive = snap.redrive(group.fingerprint, fix=rename, records_per_s=None, max_records=COUNT)
        assert (len(redrive), len(redrive.changes), dict(redrive.refused)) == (COUNT, COUNT, {})
        assert '+  "customer_id": "c-1",' in redrive.changes[1].diff
        plan = await cluster.plan(redrive.draft, to=redrive.to)
        assert [refusal.rule for refusal in plan.refusals] == ["G-6"], "the group that failed has to be named"
        plan = await cluster.plan(redrive.draft, to=redrive.to, accept_groups=[GROUP])
        report = await cluster.run(plan, confirm=plan.token)
        assert report.state == "verified", repr(report)
        assert report.counts["acked"] == COUNT
        await running.until(COUNT - broken, COUNT + broken)
        assert set(running.handled.values()) == {1}, "each order is handled once"

        await cluster.capture(f"{topic}.DLT", into=snap, progress=False)
        letters = snap.dead_letters()
        assert sorted(letters.groups[["records", "redriven", "again"]].to_numpy().tolist()) == sorted(
            [[COUNT, COUNT, 0], [broken, 0, broken]]
        )
        with pytest.raises(ValidationError, match=f"it was sent home by run {plan.run_id}"):
            snap.redrive(group.fingerprint, fix=rename)
        left = letters.groups[letters.groups["again"] > 0]["fingerprint"].iloc[0]
        again = snap.redrive(left, fix=[{"op": "replace", "path": "/price", "value": 0}], records_per_s=None)
        plan = await cluster.plan(again.draft, to=again.to, accept_groups=[GROUP])
        assert (await cluster.run(plan, confirm=plan.token)).state == "verified"
        await running.until(COUNT, COUNT + broken)
        assert set(running.handled.values()) == {1}
        runs = [row["run"] for row in snap.replays.rows() if row["state"] == "verified"]
        sent = [snap.replays.show(run).counts["acked"] for run in runs]
        assert sum(sent) == COUNT + broken, "the ledger adds up"
