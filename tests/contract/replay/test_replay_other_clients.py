"""Records of other clients, replayed exactly and read back by kcat: bytes, headers, times, partitions, positions."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from dataclasses import dataclass

import pytest
from replay_bench import Bench, select

from workbench.bus import open_log
from workbench.bus.kafka.local import jars, java, launch
from workbench.config.folders import cache_folder
from workbench.errors import WorkbenchError
from workbench.model import TopicPartition
from workbench.store.journal import Journal

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(300)]

CODECS = {"transactional": ("lz4", "zstd", "none"), "idempotent": ("gzip", "snappy")}
"""By the writer of the replay, so that each codec is read back once."""
HEAD = re.compile(rb"(\d+) (\d+) (-?\d+) (-?\d+) (-?\d+)\|")


@dataclass(frozen=True)
class Seen:
    """One record as kcat prints it."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: bytes

    @property
    def content(self):
        return self.partition, self.timestamp_ms, self.key, self.value, self.headers


def place(record: Seen) -> tuple[int, int]:
    return record.partition, record.offset


def kcat(*arguments: str, given: bytes = b"") -> bytes:
    if not shutil.which("kcat"):
        pytest.skip("kcat is missing: apt-get install kcat")
    done = subprocess.run(["kcat", *arguments], input=given, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def seen_by_kcat(address: str, topic: str) -> list[Seen]:
    """Everything on a topic; lengths decide, so any byte may occur."""
    form = "%p %o %T %K %S|%k%s|%h\n"
    out = kcat("-C", "-b", address, "-t", topic, "-o", "beginning", "-e", "-q", "-f", form)
    records, at = [], 0
    while at < len(out):
        head = HEAD.match(out, at)
        assert head, out[at : at + 80]
        partition, offset, when, key_size, value_size = map(int, head.groups())
        at = head.end()
        key = None if key_size < 0 else out[at : at + key_size]
        at += max(key_size, 0)
        value = None if value_size < 0 else out[at : at + value_size]
        at += max(value_size, 0)
        end = out.index(b"\n", at)
        assert out[at : at + 1] == b"|"
        records.append(Seen(partition, offset, when, key, value, out[at + 1 : end]))
        at = end + 1
    return records


def written_by_kcat(address: str, topic: str, codecs: tuple[str, ...]) -> int:
    """More than 64 KiB of each codec; duplicate, empty headers; null, empty keys and values; binary bytes."""
    count = 0
    for number, codec in enumerate(codecs):
        partition = str(number % 3)
        base = ["-P", "-b", address, "-t", topic, "-z", codec, "-p", partition, "-X", "linger.ms=50"]
        lines = b"".join(b"key-%d:value of %d \xff\x00 %s\n" % (n, n, b"x" * 2_000) for n in range(40))
        kcat(*base, "-K", ":", "-H", "a=1", "-H", "a=2", "-H", "empty=", "-H", "größe=groß", given=lines)
        kcat(*base, "-K", ":", "-Z", given=b"deleted:\n:no key\n:\n")
        kcat(*base, "-K", ":", given=b"empty value:\n:empty key\n")
        count += 45
    return count


def console_producer() -> list[str]:
    """The start of a command line of Kafka's console producer, from the packaged broker's jars."""
    try:
        folder = jars.ensure(cache_folder())
        found = java.find_java()
    except WorkbenchError as error:
        pytest.skip(str(error))
    return [
        *launch.java_command(found, folder, launch.class_archive(folder, found), "-Xmx128m"),
        "org.apache.kafka.tools.ConsoleProducer",
    ]


def written_by_console_producer(address: str, topic: str, codecs: tuple[str, ...]) -> int:
    program = console_producer()
    count = 0
    for codec in codecs:
        lines = "".join(f"h1:{codec},h2:é,h1:again\tkey-{n}\t{codec} wrote {n} {'y' * 300}\n" for n in range(25))
        command = [*program, "--bootstrap-server", address, "--topic", topic, "--compression-codec", codec]
        for setting in ("parse.key=true", "parse.headers=true", "null.marker=NULL"):
            command += ["--reader-property", setting]
        nulls = f"NULL\tNULL\tno key from {codec}\nh:1\tgone-{codec}\tNULL\n"
        done = subprocess.run(command, input=(lines + nulls).encode(), capture_output=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr.decode()
        count += 27
    return count


WRITERS = {"kcat": written_by_kcat, "console producer": written_by_console_producer}


@pytest.mark.parametrize("client", WRITERS)
@pytest.mark.parametrize("writer", CODECS)
async def test_exact_replay_is_byte_identical_to_kcat(kafka_address, topic_name, tmp_path, client, writer):
    async with open_log(f"kafka://{kafka_address}") as log:
        source, target = topic_name("foreign"), topic_name("copy")
        for name in (source, target):
            await log.create_topic(name, partitions=3, config={"retention.ms": "-1"})
        written = await asyncio.to_thread(WRITERS[client], kafka_address, source, CODECS[writer])
        originals = await asyncio.to_thread(seen_by_kcat, kafka_address, source)
        assert len(originals) == written
        with Journal.open(tmp_path / "journal.duckdb") as journal:
            bench = Bench(log, journal, topic_name)
            plan = await bench.plan(await select(log, source, headers="exact", writer=writer), target)
            assert plan.refusals == ()
            report = await bench.run(plan)
            assert report.state == "verified", repr(report)
        copies = await asyncio.to_thread(seen_by_kcat, kafka_address, target)
        contents = ([one.content for one in sorted(seen, key=place)] for seen in (copies, originals))
        assert next(contents) == next(contents)
        before = {(record.partition, record.offset): record for record in originals}
        after = {(record.partition, record.offset): record for record in copies}
        rows = report.ledger.to_pylist()
        assert len(rows) == len(after) == written
        for row in rows:
            copy = after.pop((row["target_partition"], row["target_offset"]))
            assert copy.content == before[row["partition"], row["offset"]].content
            assert copy.timestamp_ms == row["target_timestamp_ms"]
        assert after == {}
        for name in (source, target):
            await log.delete_topic(name)


async def test_every_compression_is_read_by_kcat_byte_for_byte(kafka_address, topic_name, tmp_path):
    async with open_log(f"kafka://{kafka_address}") as log:
        source = topic_name("foreign")
        await log.create_topic(source, partitions=3, config={"retention.ms": "-1"})
        await asyncio.to_thread(written_by_kcat, kafka_address, source, ("zstd", "none", "gzip"))
        originals = await asyncio.to_thread(seen_by_kcat, kafka_address, source)
        stored = {}
        with Journal.open(tmp_path / "journal.duckdb") as journal:
            bench = Bench(log, journal, topic_name)
            for number, compression in enumerate(("none", "gzip", "snappy", "lz4", "zstd")):
                target = await bench.topic(3)
                options = {"headers": "exact", "writer": ("transactional", "idempotent")[number % 2]}
                plan = await bench.plan(await select(log, source, compression=compression, **options), target)
                report = await bench.run(plan)
                assert report.state == "verified", repr(report)
                copies = await asyncio.to_thread(seen_by_kcat, kafka_address, target)
                contents = ([one.content for one in sorted(seen, key=place)] for seen in (copies, originals))
                assert next(contents) == next(contents), compression
                sizes = await log.log_sizes([TopicPartition(target, number) for number in range(3)])
                stored[compression] = sum(sum(partitions.values()) for partitions in sizes.values())
        assert all(stored[name] < stored["none"] / 2 for name in stored if name != "none"), stored
        for name in (source, *bench.created):
            await log.delete_topic(name)
