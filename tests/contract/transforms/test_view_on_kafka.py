"""A view on a real Kafka: it runs in this process, and in the brokers of a Redpanda where one is named."""

from __future__ import annotations

import uuid

import pytest
from redpanda_host import REDPANDA

import workbench as wb
from workbench.model import NewRecord


@pytest.mark.broker
@pytest.mark.parametrize("executor", ["local", *(["broker"] if REDPANDA else [])])
async def test_a_view_writes_exact_records_and_resumes(kafka_address, tmp_path, monkeypatch, executor):
    address = f"kafka://{kafka_address}"
    if REDPANDA is not None:
        monkeypatch.setenv("WORKBENCH_ADMIN_URL", REDPANDA.admin_url)
    source, view = (f"{kind}-{uuid.uuid4().hex[:8]}" for kind in ("orders", "view"))
    headers = ((b"h", None), (b"h", b""), (b"\xff", b"\x00"))

    async def produce(cluster, values):
        async with cluster.log.writer() as writer:
            rows = [NewRecord(source, b"k", value, headers, number % 2) for number, value in enumerate(values)]
            assert all(one.status == "acked" for one in await writer.send(rows))

    first, second = [b'{"email": "a@b.c"}', None, b"", b"\xff\xfe"], [b'{"email": "d"}', b"x"]
    for values in (first, second):
        async with await wb.connect(address, write=True, reason="test") as cluster:
            if values is first:
                await cluster.log.create_topic(source, partitions=2)
            await produce(cluster, values)
            made = await cluster.transforms.create_materialized_view(
                view, source, "sample:mask", environment={"MASK_MEMBER": "email"}, executor=executor
            )
            assert made is True
            assert (await cluster.transforms.wait_for_view(view, timeout_s=30)).lag == 0
    async with await wb.connect(address, write=True, reason="test") as cluster:
        with await cluster.capture([source, view], into=tmp_path / "v.duckdb", progress=False) as snap:
            found = snap.sql(
                f'select "partition", value, headers from records where topic = \'{view}\' order by 1, "offset"'
            )
            assert list(zip(found["partition"], found["value"], strict=True)) == [
                (0, b'{"email": "*****"}'), (0, b""), (0, b'{"email": "*"}'), (1, None), (1, b"\xff\xfe"), (1, b"x"),
            ]  # fmt: skip
            assert [(one["name"], one["value"]) for one in found["headers"][0]] == list(headers)
            compared = snap.compare_view("sample:mask", source=source, view=view, environment={"MASK_MEMBER": "email"})
            assert compared.agrees
            assert compared.matched == 6
        await cluster.transforms.delete_materialized_view(view)
        for topic in (source, view):
            await cluster.log.delete_topic(topic)
