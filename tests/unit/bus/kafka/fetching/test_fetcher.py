"""A broker, or what lies between, that sends damaged bytes: the reader reports the offsets and goes on."""

from __future__ import annotations

import os
import subprocess
import sys

import listeners
import pyarrow as pa
import pytest
from batch_bytes import batch, raw_batch, varint

from workbench.bus import open_log
from workbench.model import Gap, Span

T = 1_700_000_000_000


def record_at(offset: int) -> bytes:
    return batch(offset, [(offset, T, b"k", b"%d" % offset, ())])


def with_length(data: bytes, length: int) -> bytes:
    return data[:8] + length.to_bytes(4, "big", signed=True) + data[12:]


async def read(records, end: int, stop: int | None = None) -> tuple[list[int], list[Gap]]:
    offsets, gaps = [], []
    async with (
        listeners.listening(listeners.one_partition(records, end)) as port,
        open_log(f"127.0.0.1:{port}", timeout_s=5) as log,
        log.reader([Span("t", 0, 0, stop or end)]) as reader,
    ):
        while not reader.done:
            for chunk in await reader.read():
                offsets += chunk.records.column("offset").to_pylist()
                gaps += chunk.gaps
    return offsets, gaps


@pytest.mark.parametrize("length", [-1, 0, 5, -(1 << 31), (1 << 31) - 1])
async def test_a_batch_with_a_false_length_is_a_gap(length):
    damaged = with_length(record_at(2), length)
    offsets, gaps = await read(lambda at: damaged if at == 2 else record_at(at), end=5)
    assert offsets == [0, 1, 3, 4]
    assert gaps == [Gap("corrupt", 2, 3)]


async def test_damage_over_several_offsets_is_passed_in_growing_steps():
    offsets, gaps = await read(lambda at: with_length(record_at(at), 3) if 1 <= at < 9 else record_at(at), end=20)
    assert (offsets[0], offsets[1:]) == (0, list(range(16, 20)))
    assert [(gap.start, gap.stop) for gap in gaps] == [(1, 2), (2, 4), (4, 8), (8, 16)]


async def test_a_base_offset_that_lies_far_ahead_is_not_believed():
    lying = (1 << 50).to_bytes(8, "big") + record_at(1)[8:]
    offsets, gaps = await read(lambda at: lying if at == 1 else record_at(at), end=4)
    assert offsets == [0, 2, 3]
    assert gaps == [Gap("corrupt", 1, 2)]


async def test_an_answer_that_cannot_be_read_is_asked_for_again():
    broken = [None, None]
    offsets, gaps = await read(lambda at: broken.pop() if at == 1 and broken else record_at(at), end=3)
    assert (offsets, gaps) == ([0, 1, 2], [])


async def test_an_answer_that_stays_unreadable_is_a_gap():
    offsets, gaps = await read(lambda at: None if at == 1 else record_at(at), end=3)
    assert (offsets, gaps) == ([0, 2], [Gap("corrupt", 1, 2)])


PROGRAM = """
import asyncio, sys
import listeners
from peak_memory import peak_rss_mib
from workbench.bus import open_log
from workbench.model import Span

async def main():
    bomb = open(sys.argv[1], "rb").read()
    async with (
        listeners.listening(listeners.one_partition(lambda at: bomb, 1)) as port,
        open_log(f"127.0.0.1:{port}") as log,
        log.reader([Span("t", 0, 0, 1)]) as reader,
    ):
        before = peak_rss_mib()
        gaps = []
        while not reader.done:
            gaps += [gap for chunk in await reader.read() for gap in chunk.gaps]
        print(len(gaps), gaps[0].reason)
        print(peak_rss_mib() - before)

asyncio.run(main())
"""


@pytest.mark.parametrize(("codec", "attributes"), [("zstd", 4), ("gzip", 1), ("lz4", 3)])
@pytest.mark.timeout(60)
def test_a_small_batch_that_unpacks_to_400_megabytes_takes_less_than_a_quarter_of_them(tmp_path, codec, attributes):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as packed:
        # Attributes, time delta, offset delta, no key, then a value of 400 MiB and no header.
        head = b"\0\0\0\1" + varint(400 << 20)
        packed.write(varint(len(head) + (400 << 20) + 1) + head)
        for _ in range(400):
            packed.write(bytes(1 << 20))
        packed.write(b"\0")
    bomb = raw_batch(0, sink.getvalue().to_pybytes(), count=1, last=0, attributes=attributes)
    assert len(bomb) < 2 << 20
    (tmp_path / "bomb").write_bytes(bomb)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "bomb")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    said, grown = done.stdout.splitlines()
    assert said.startswith("1 oversized: a record of 419,430,4")
    assert int(grown) < 100
