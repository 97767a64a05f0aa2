"""Records of another client the whole way: kcat writes, capture, replay with exact headers, kcat reads the same."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

import workbench as wb

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.broker

LAYOUT = "%p|%o|%T|%k|%K|%s|%S|%h\\n"


def kcat_reads(address: str, topic: str) -> list[str]:
    done = subprocess.run(
        ["kcat", "-C", "-e", "-q", "-b", address, "-t", topic, "-o", "beginning", "-f", LAYOUT],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return sorted(done.stdout.splitlines())


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
async def test_what_kcat_wrote_comes_back_byte_for_byte(kafka_address, topic_name, tmp_path: Path, codec):
    if shutil.which("kcat") is None:
        pytest.skip("kcat is missing: apt-get install kcat")
    source, target = topic_name("kcat"), topic_name("copy")
    async with await wb.connect(kafka_address, write=True, reason="proof") as cluster:
        for name in (source, target):
            await cluster.log.create_topic(name, partitions=3, config={"retention.ms": "-1"})
        lines = "".join(f"key-{n}\tvalue {n} ü {'x' * (n % 300)}\n" for n in range(200)).encode()
        command = ["kcat", "-P", "-b", kafka_address, "-t", source, "-K", "\t", "-z", codec, "-H", "a=1", "-H", "a=2"]
        await asyncio.to_thread(subprocess.run, command, input=lines, timeout=60, check=True)
        with await cluster.capture(source, into=tmp_path / "k.duckdb", progress=False) as snap:
            assert snap.last_capture.records == 200
            plan = await cluster.plan(snap.replay("true", headers="exact"), to=target)
            report = await cluster.run(plan, confirm=plan.token)
        assert report.state == "verified", report
        read = kcat_reads(kafka_address, target)
        assert read == kcat_reads(kafka_address, source)
        positions = {(row["target_partition"], row["target_offset"]) for row in report.ledger.to_pylist()}
        assert positions == {tuple(map(int, line.split("|")[:2])) for line in read}
        for name in (source, target):
            await cluster.log.delete_topic(name)
