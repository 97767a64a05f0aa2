"""The end of a log and the number of partitions, found by asking for single offsets: exact, and bounded."""

from __future__ import annotations

import json
import math

import pytest

from workbench.bus.redpanda.proxy.bounds import LARGEST_OFFSET, count_partitions, find_end, is_inside
from workbench.errors import HttpProxyError


class Log:
    """A proxy over one partition of any size, that counts its questions."""

    def __init__(self, low, high, partitions=1) -> None:
        self.low, self.high, self.partitions, self.asked = low, high, partitions, 0

    async def fetch_answer(self, topic, partition, offset, *, max_bytes, timeout_ms):
        self.asked += 1
        if partition >= self.partitions:
            raise HttpProxyError("unknown", status=404, error_code=40402)
        if not self.low <= offset <= self.high:
            raise HttpProxyError("outside", status=400, error_code=40002)
        return []


@pytest.mark.parametrize("high", [0, 1, 2, 3, 7, 8, 1000, 2**31, 2**62 + 12345, LARGEST_OFFSET - 1])
@pytest.mark.parametrize("width", [0, 1, 5, 1000])
async def test_the_end_is_exact_from_any_offset_inside(high, width):
    inside = max(high - width, 0)
    log = Log(inside, high)
    assert await find_end(log, "t", 0, inside) == high
    assert log.asked <= 2 * math.log2(width + 2) + 2
    log = Log(0, high)
    assert await find_end(log, "t", 0, 0) == high
    assert log.asked <= 130


async def test_a_server_that_says_of_no_offset_that_it_is_outside_is_no_end():
    log = Log(0, math.inf)
    with pytest.raises(HttpProxyError, match="start=OFFSET"):
        await find_end(log, "t", 0, 0)
    assert log.asked < 140
    with pytest.raises(HttpProxyError, match="cannot be counted"):
        await count_partitions(Log(0, 0, partitions=math.inf), "t")


@pytest.mark.parametrize("partitions", [0, 1, 2, 3, 100, 4096])
async def test_partitions_are_counted(partitions):
    log = Log(5, 9, partitions)  # offset 0 is gone everywhere, and the partitions are there all the same
    assert await count_partitions(log, "t") == partitions
    log.asked = 0
    assert await count_partitions(log, "t", partitions) == partitions
    assert log.asked == 1
    log.partitions += 3
    assert await count_partitions(log, "t", partitions) == partitions + 3


async def test_probes_cost_a_record_at_most_and_other_errors_are_errors(proxy, server):
    server.create("t")
    server.write("t", b"x" * 10_000, b"y")
    assert await is_inside(proxy, "t", 0, 0)
    assert await find_end(proxy, "t", 0, 0) == 2
    assert all("max_bytes=1" in one.path.split("&") for one in server.asked)
    server.faults.append((500, json.dumps({"error_code": 50002, "message": "kafka"}).encode()))
    with pytest.raises(HttpProxyError) as caught:
        await is_inside(proxy, "t", 0, 0)
    assert caught.value.error_code == 50002
