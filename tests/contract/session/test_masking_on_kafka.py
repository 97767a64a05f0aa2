"""Records of a real broker are masked where they are read: in a tail, a capture and a search."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys

import pytest

import workbench as wb
from workbench.bus import open_log
from workbench.errors import ReplayRefused
from workbench.model import NewRecord, Span, TopicPartition
from workbench.testing import wait_until

pytestmark = pytest.mark.broker
HIDDEN = "S3CR3T"


async def test_nothing_that_is_read_shows_it(kafka_address, topic_name, tmp_path, monkeypatch):
    name = topic_name("masked")
    (tmp_path / "workbench.toml").write_text(
        f'[[masking.rules]]\ntopics = ["{name}"]\npaths = ["card"]\nheaders = ["token"]\n'
        'key = true\naction = "replace"\n'
    )
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "workbench.toml"))
    async with await wb.connect(f"kafka://{kafka_address}", write=True, reason="proof") as cluster:
        await cluster.log.create_topic(name, partitions=2)
        async with cluster.log.writer() as writer:
            value = json.dumps({"card": HIDDEN, "n": 1}).encode()
            records = [
                NewRecord(name, b"%d" % number + HIDDEN.encode(), value, ((b"token", HIDDEN.encode()),))
                for number in range(40)
            ]
            await writer.send(records)
        tail = cluster.tail(name, start="start")
        await wait_until(lambda: tail.feed.stats.total == 40)
        found = await cluster.search(name, where="payload->>'n' = '1'")
        with await cluster.capture(name, into=tmp_path / "a.duckdb") as snap:
            shown = [snap.sql("from records").to_csv(), snap.events(columns=["payload", "key"]).to_csv()]
        assert len(found.frame) == 40
        for text in (*shown, found.frame.to_csv(), tail.snapshot().html()):
            assert HIDDEN not in text
            assert "***" in text
        tail.close()


@pytest.fixture
async def masked_topic(kafka_address, topic_name, tmp_path, monkeypatch):
    """Writes the rules of a topic with secrets, and gives its name, that of an empty topic, and what writes rules."""
    name, target = topic_name("masked"), topic_name("target")
    file = tmp_path / "workbench.toml"
    monkeypatch.setenv("WORKBENCH_CONFIG", str(file))

    def write(*, keep_raw: bool) -> None:
        rule = f'topics = ["{name}"]\npaths = ["card"]\nheaders = ["token"]\nkey = true\naction = "remove"\n'
        file.write_text(f"[masking]\nkeep_raw = {str(keep_raw).lower()}\n[[masking.rules]]\n{rule}")

    write(keep_raw=False)
    async with open_log(kafka_address) as log:
        for one in (name, target):
            await log.create_topic(one, partitions=2)
        async with log.writer() as writer:
            await writer.send(secrets_of(name))
    yield name, target, write
    async with open_log(kafka_address) as log:
        for one in (name, target):
            await log.delete_topic(one)


def secrets_of(name):
    value = json.dumps({"card": HIDDEN, "n": 1}).encode()
    made = [
        NewRecord(name, b"%d" % number + HIDDEN.encode(), value, ((b"token", HIDDEN.encode()),), number % 2)
        for number in range(20)
    ]
    return [*made, NewRecord(name, None, b'{"n": 2}', (), 0)]


async def sent_to(address, topic):
    """Key, value and headers of what a replay wrote, without the headers of its own."""
    async with open_log(address) as log, log.reader(await _whole(log, topic)) as reader:
        rows = []
        while not reader.done:
            rows += [row for chunk in await reader.read() for row in chunk.rows()]
    return sorted(
        (row.key or b"", row.value, tuple(one for one in row.headers if not one[0].startswith(b"x-replay")))
        for row in rows
    )


async def _whole(log, topic):
    places = [TopicPartition(topic, number) for number in range(2)]
    return [Span(one.topic, one.partition, 0, end) for one, end in (await log.offsets(places, "latest")).items()]


def written(topic):
    return sorted((one.key or b"", one.value, one.headers) for one in secrets_of(topic))


async def test_a_masked_record_is_replayed_only_if_the_policy_keeps_its_raw_bytes(
    kafka_address, masked_topic, tmp_path
):
    name, target, write = masked_topic
    async with await wb.connect(f"kafka://{kafka_address}", write=True, reason="proof") as cluster:
        with await cluster.capture(name, into=tmp_path / "masked.duckdb") as snap:
            plan = await cluster.plan(snap.replay("true"), to=target)
            assert "G-17" in repr(plan)
            with pytest.raises(ReplayRefused, match="G-17"):
                await cluster.run(plan, confirm=plan.token)
            # A record of which nothing was hidden is what its producer wrote.
            plan = await cluster.plan(snap.replay("payload->>'n' = '2'"), to=target)
            await cluster.run(plan, confirm=plan.token)
            assert await sent_to(kafka_address, target) == written(name)[:1]
        assert not (tmp_path / "masked.duckdb.masked-raw").exists()
        assert HIDDEN.encode() not in (tmp_path / "masked.duckdb").read_bytes()
    write(keep_raw=True)
    async with await wb.connect(f"kafka://{kafka_address}", write=True, reason="proof") as cluster:
        with await cluster.capture(name, into=tmp_path / "kept.duckdb") as snap:
            plan = await cluster.plan(snap.replay("payload->>'n' = '1'"), to=target)
            report = await cluster.run(plan, confirm=plan.token)
            assert HIDDEN not in repr(plan) + plan._repr_html_() + repr(report) + report._repr_html_()
        assert HIDDEN.encode() not in (tmp_path / "kept.duckdb").read_bytes()
    assert await sent_to(kafka_address, target) == written(name)


async def test_the_command_line_replays_kept_raw_bytes_and_prints_none(kafka_address, masked_topic, tmp_path):
    name, target, write = masked_topic
    write(keep_raw=True)

    async def workbench(*words: str) -> str:
        command = [sys.executable, "-m", "workbench", *words, "-b", kafka_address]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, cwd=tmp_path, timeout=60
        )
        assert HIDDEN not in done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "a.duckdb.masked-raw" in await workbench("capture", name, "--into", "a.duckdb")
    replay = ("replay", "a.duckdb", "--where", "true", "--to", target)
    shown = await workbench(*replay)
    token = re.findall(r"replay run a.duckdb ([0-9a-f]+)", shown)[-1]
    await workbench(*replay, "--confirm", token, "--reason", "proof")
    assert await sent_to(kafka_address, target) == written(name)
