"""Views by both executors: in this process on the embedded cluster, and on a strict Admin API."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import uuid

import duckdb
import pytest
from admin_server import AdminState, admin_server
from wat_guests import guest, log

import workbench as wb
from workbench.bus.memory import MemoryLog
from workbench.config import Address, Profile
from workbench.config.admin_api import AdminSettings
from workbench.errors import ConfigurationError, ReplayRefused, TopicExistsError, TransformError, UnknownTopicError
from workbench.model import NewRecord, Span, TopicPartition
from workbench.session.cluster import Cluster
from workbench.session.transforming import audit_file
from workbench.transforms.views.broker import LOG_TOPIC
from workbench.transforms.views.state import DIGEST_VARIABLE

WRITE = "(drop (call $write (i32.const 4096) (local.get $length)))"
FAILS_AT_X = "(if (i32.eq (i32.load8_u (i32.const 4097)) (i32.const 0x78)) (then {} (unreachable)))" + WRITE
"""The record begins with the length of its key, and its key."""


@pytest.fixture(autouse=True)
def asked_often(monkeypatch):
    monkeypatch.setattr("workbench.transforms.views.views.POLL_S", 0.02)


def audit_rows(made):
    query = 'SELECT action, reason, result, details FROM audit WHERE cluster = ? ORDER BY "at"'
    with duckdb.connect(str(audit_file()), read_only=True) as file:
        return file.execute(query, [made.cluster_id]).fetchall()


def both(*changes: str):
    """The two rows of each change."""
    return [(f"view.{what}", "INC-42", result) for what in changes for result in ("begun", "done")]


class Rows:
    """Keeps audit rows."""

    def __init__(self) -> None:
        self.rows = []

    async def audit(self, action, *, who="", reason="", result, **details):
        self.rows.append((action, reason, result, details["topic"]))


@pytest.fixture(params=["local", "broker"])
async def cluster(request):
    """A writable cluster with orders in two partitions, and what its Admin API knows; None for the local executor."""
    name = f"views-{uuid.uuid4().hex[:8]}"
    async with MemoryLog(name, keep=True) as memory:
        await memory.create_topic("orders", partitions=2)
        await produce(memory, [b"a", b"b", b"c", b"d", b"e"])
    with admin_server(AdminState(topics={"orders": 2})) as (url, state):
        settings = AdminSettings(urls=(url,)) if request.param == "broker" else None
        profile = Profile(address=Address.parse(f"memory://{name}"), development=True, admin=settings)
        async with Cluster(profile, MemoryLog(name), write=True, reason="INC-42") as made:
            yield made, state if settings else None


async def produce(target, keys, topic="orders"):
    async with target.writer() as writer:
        records = [NewRecord(topic, key, b"v" + key, ((b"h", None),), number % 2) for number, key in enumerate(keys)]
        assert all(one.status == "acked" for one in await writer.send(records))


async def read(target, topic, partitions=2):
    """Keys by partition."""
    ends = await target.offsets([TopicPartition(topic, p) for p in range(partitions)], "latest")
    found = {}
    for where, end in ends.items():
        found[where.partition] = []
        async with target.reader([Span(topic, where.partition, 0, end)]) as reader:
            while not reader.done:
                found[where.partition] += [record for chunk in await reader.read() for record in chunk.rows()]
    return found


async def create(cluster, module="sample:passthrough", name="v", **options):
    """Create a view; the broker of the test learns of a new topic as it would from the cluster."""
    made, state = cluster
    if state is not None:
        state.topics[name] = 2
    return await made.transforms.create_materialized_view(name, "orders", module, **options)


async def test_a_view_is_created_waited_for_and_deleted(cluster):
    made, state = cluster
    audit = Rows()
    assert await create(cluster, audit=audit) is True
    status = await made.transforms.view_status("v")
    assert (status.name, status.source_topic, status.output_topics) == ("v", "orders", ("v",))
    assert status.executor == ("local" if state is None else "broker")
    assert [one.partition for one in status.partitions] == [0, 1]
    assert status.running
    assert len(status.digest) == 64
    done = await made.transforms.wait_for_view("v", timeout_s=20)
    assert done.lag == 0
    assert [one.name for one in await made.transforms.views()] == ["v"]
    assert "orders to v" in repr(done)
    assert "running" in done._repr_html_()
    assert len(done.rows()) == 2
    await made.transforms.pause_view("v", audit=audit)
    assert {one.status for one in (await made.transforms.view_status("v")).partitions} == {"inactive"}
    await made.transforms.resume_view("v")
    assert await made.log.describe(["v"])
    await made.transforms.delete_materialized_view("v", audit=audit)
    assert await made.transforms.views() == []
    assert await made.log.describe(["v"]), "its topic stays"
    await made.transforms.delete_materialized_view("v", delete_topic=True)
    assert await made.log.describe(["v"]) == []
    assert [row[:3] for row in audit.rows] == both("create", "pause", "delete")
    rows = audit_rows(made)
    assert [row[:3] for row in rows] == both("resume", "delete")
    assert json.loads(rows[0][3])["topic"] == "v"
    with pytest.raises(TransformError, match="There is no view 'v'"):
        await made.transforms.view_status("v")


async def test_creating_it_again_changes_nothing(cluster):
    made, state = cluster
    await create(cluster)
    assert await create(cluster) is True
    if state is not None:
        assert sum(path == "/v1/transform/deploy" for _, path, _ in state.requests) == 1
    with pytest.raises(TransformError, match="another module"):
        await create(cluster, guest().encode())
    with pytest.raises(TransformError, match="other variables"):
        await create(cluster, environment={"A": "1"})
    assert await create(cluster, environment={"A": "1"}, replace=True) is True
    assert (await made.transforms.view_status("v")).environment["A"] == "1"


async def test_partitions_that_are_added_are_taken_up_from_their_start(monkeypatch):
    monkeypatch.setattr("workbench.transforms.views.local.METADATA_S", 0.02)
    address = f"memory://views-{uuid.uuid4().hex[:8]}"
    async with await wb.connect(address, write=True, reason="INC-42") as made:
        await made.log.create_topic("orders", partitions=2)
        await produce(made.log, [b"a", b"b"])
        await made.transforms.create_materialized_view("v", "orders", "sample:passthrough")
        await made.log.add_partitions("orders", 4)
        async with made.log.writer() as writer:
            await writer.send([NewRecord("orders", b"c", b"vc", (), 3), NewRecord("orders", b"d", b"vd", (), 2)])
        done = await made.transforms.wait_for_view("v", timeout_s=20)
        assert [one.partition for one in done.partitions] == [0, 1, 2, 3]
        assert done.lag == 0
        # Output partition = input partition modulo the partitions of the view's topic.
        assert [[one.key for one in rows] for rows in (await read(made.log, "v")).values()] == [
            [b"a", b"d"],
            [b"b", b"c"],
        ]
        assert await made.transforms.create_materialized_view("v", "orders", "sample:passthrough") is True
        await made.log.add_partitions("v", 4)
        await made.transforms.pause_view("v")
        async with made.log.writer() as writer:
            await writer.send([NewRecord("orders", b"e", b"ve", (), 3)])
        await made.transforms.resume_view("v")
        await made.transforms.wait_for_view("v", timeout_s=20)
        assert [one.key for one in (await read(made.log, "v", 4))[3]] == [b"e"]
        await made.transforms.delete_materialized_view("v")


async def test_a_dry_run_checks_and_creates_nothing(cluster):
    made, _ = cluster
    assert await create(cluster, dry_run=True) is False
    assert await made.log.describe(["v"]) == []
    assert await made.transforms.views() == []


async def test_everything_wrong_is_said_before_anything_is_created(cluster):
    made, _ = cluster
    with pytest.raises(TransformError, match="neither as a WebAssembly binary"):
        await create(cluster, b"nothing")
    with pytest.raises(UnknownTopicError, match="none"):
        await made.transforms.create_materialized_view("w", "none", "sample:passthrough")
    with pytest.raises(TransformError, match="never end"):
        await made.transforms.create_materialized_view("orders", "orders", "sample:passthrough")
    with pytest.raises(TransformError, match="is the host's"):
        await create(cluster, environment={"REDPANDA_A": "1"})
    await made.log.create_topic("v", partitions=3)
    with pytest.raises(TopicExistsError, match="3 partitions, and orders has 2"):
        await create(cluster)
    assert await made.transforms.views() == []
    with pytest.raises(TransformError, match="There is no view"):
        await made.transforms.pause_view("v")


@pytest.mark.parametrize("cluster", ["local"], indirect=True)
async def test_a_local_view_writes_exact_records_to_the_same_partition_and_follows(cluster):
    made, _ = cluster
    await create(cluster)
    await made.transforms.wait_for_view("v", timeout_s=20)
    found = await read(made.log, "v")
    assert [[one.key for one in found[p]] for p in (0, 1)] == [[b"a", b"c", b"e"], [b"b", b"d"]]
    assert found[0][0].value == b"va"
    assert found[0][0].headers == ((b"h", None),)
    await produce(made.log, [b"f", b"g"])
    await made.transforms.wait_for_view("v", timeout_s=20)
    assert [len(rows) for rows in (await read(made.log, "v")).values()] == [4, 3]
    assert made.tasks.failures == ()


@pytest.mark.parametrize("cluster", ["local"], indirect=True)
async def test_a_local_view_resumes_where_it_was_and_begins_anew_after_it_was_deleted(cluster):
    made, _ = cluster
    await create(cluster)
    await made.transforms.wait_for_view("v", timeout_s=20)
    async with Cluster(made.profile, MemoryLog(made.profile.address.name), write=True, reason="again") as other:
        await made.transforms.pause_view("v")
        await other.transforms.create_materialized_view("v", "orders", "sample:passthrough")
        await other.transforms.wait_for_view("v", timeout_s=20)
        assert [len(rows) for rows in (await read(made.log, "v")).values()] == [3, 2]
        await other.transforms.create_materialized_view("v", "orders", "sample:passthrough", reprocess=True)
        await other.transforms.wait_for_view("v", timeout_s=20)
        assert [len(rows) for rows in (await read(made.log, "v")).values()] == [6, 4]


@pytest.mark.parametrize("cluster", ["local"], indirect=True)
async def test_a_failing_record_is_tried_again_and_nothing_before_it_is_lost_or_doubled(cluster, monkeypatch):
    monkeypatch.setattr("workbench.transforms.views.following.FIRST_PAUSE_S", 0.05)
    made, _ = cluster
    await create(cluster, guest(FAILS_AT_X.format(log("x came"))).encode())
    await made.transforms.wait_for_view("v", timeout_s=20)
    await produce(made.log, [b"f", b"g", b"x", b"h"])
    with pytest.raises(TransformError, match=r"unreachable.*x came") as caught:
        await made.transforms.wait_for_view("v", timeout_s=20)
    assert caught.value.stage == "wait"
    async with asyncio.timeout(20):
        while not (status := await made.transforms.view_status("v")).errored:  # noqa: ASYNC110 - it comes and goes
            await asyncio.sleep(0.01)
    assert [one.lag for one in status.partitions] == [1, 0]
    assert "unreachable" in status.partitions[0].reason
    assert [[one.key for one in rows] for rows in (await read(made.log, "v")).values()] == [
        [b"a", b"c", b"e", b"f"], [b"b", b"d", b"g", b"h"],
    ]  # fmt: skip
    assert set(await made.transforms.view_log("v")) == {"x came"}
    # Another module gets over it, from the record that failed.
    await create(cluster, replace=True)
    await made.transforms.wait_for_view("v", timeout_s=20)
    assert [one.key for one in (await read(made.log, "v"))[0]] == [b"a", b"c", b"e", b"f", b"x"]


@pytest.mark.parametrize("cluster", ["local"], indirect=True)
async def test_a_view_of_many_partitions_leaves_the_threads_of_the_loop_to_others(cluster):
    made, _ = cluster
    await made.log.create_topic("wide", partitions=40)
    async with made.log.writer() as writer:
        await writer.send([NewRecord("wide", b"k", b"v", (), number) for number in range(40)])
    await made.transforms.create_materialized_view("narrow", "wide", "sample:passthrough")
    await made.transforms.wait_for_view("narrow", timeout_s=30)
    assert await asyncio.wait_for(asyncio.to_thread(int, "7"), 5) == 7
    assert [len(rows) for rows in (await read(made.log, "narrow", 40)).values()] == [1] * 40


@pytest.mark.parametrize("cluster", ["broker"], indirect=True)
async def test_a_partition_that_the_broker_does_not_name_is_not_taken_for_done(cluster):
    made, state = cluster
    await create(cluster)
    state.answer = json.dumps([{**state.listed()[0], "status": state.listed()[0]["status"][:1]}]).encode()
    with pytest.raises(TransformError, match="1 partition behind"):
        await made.transforms.wait_for_view("v", timeout_s=0)
    with pytest.raises(TransformError, match="does not run on every partition"):
        await create(cluster, timeout_s=0)


def test_a_process_that_leaves_a_view_running_can_end():
    code = """
import asyncio, os
import workbench as wb
async def main():
    cluster = await wb.connect("memory://left", write=True, reason="test")
    await cluster.log.create_topic("orders", partitions=2)
    await cluster.transforms.create_materialized_view("v", "orders", "sample:passthrough")
    return cluster
loop = asyncio.new_event_loop()
kept = loop.run_until_complete(main())
print("left")
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=False)
    assert ended.stdout.strip() == "left"
    assert ended.returncode == 0


@pytest.mark.parametrize("cluster", ["local"], indirect=True)
async def test_markers_of_transactions_are_no_lag(cluster):
    made, _ = cluster
    async with made.log.writer(transactional_id="t") as writer:
        await writer.begin()
        await writer.send([NewRecord("orders", b"t", b"vt", (), 0)])
        await writer.commit()
        await writer.begin()
        await writer.send([NewRecord("orders", b"u", b"vu", (), 0)])
        await writer.abort()
    await create(cluster)
    assert (await made.transforms.wait_for_view("v", timeout_s=20)).lag == 0
    assert [one.key for one in (await read(made.log, "v"))[0]] == [b"a", b"c", b"e", b"t"]


@pytest.mark.parametrize("cluster", ["local"], indirect=True)
async def test_closing_the_cluster_ends_the_view_and_keeps_how_far_it_came(cluster):
    made, _ = cluster
    await create(cluster)
    await made.transforms.wait_for_view("v", timeout_s=20)
    assert len(made.tasks.running) == 3  # a task for each partition, and one that looks for new ones
    await made.aclose()
    async with MemoryLog(made.profile.address.name) as memory:
        committed = await memory.committed("workbench-transform.v")
    assert {str(where): one.offset for where, one in committed.items()} == {"orders/0": 3, "orders/1": 2}


@pytest.mark.parametrize("cluster", ["broker"], indirect=True)
async def test_a_view_that_fails_on_the_broker_is_paused_and_its_log_is_told(cluster):
    made, state = cluster
    line = b'{"body": {"stringValue": "boom \\u001b[31m"}, "severityNumber": 13}'
    await made.log.create_topic(LOG_TOPIC, partitions=1)
    async with made.log.writer() as writer:
        lines = ((b"w", line), (b"v", line), (b"v", b"\xff"))
        await writer.send([NewRecord(LOG_TOPIC, key, value, (), 0) for key, value in lines])
    state.errored = True
    with pytest.raises(TransformError, match=r"boom \\x1b\[31m") as caught:
        await create(cluster)
    assert caught.value.stage == "start"
    assert state.transforms["v"].paused
    assert await made.transforms.view_log("v") == ["boom \x1b[31m", "�"]
    with pytest.raises(TransformError):
        await create(cluster, name="w", rollback=True)
    assert "w" not in state.transforms


@pytest.mark.parametrize("cluster", ["broker"], indirect=True)
async def test_deployment_begins_at_the_first_record_and_lag_is_waited_for(cluster):
    made, state = cluster
    await create(cluster)
    deployed = state.transforms["v"]
    assert deployed.offset == {"format": "from_start", "value": 0}
    assert [one["key"] for one in deployed.environment] == [DIGEST_VARIABLE]
    state.lag = 2
    with pytest.raises(TransformError, match="2 partitions behind"):
        await made.transforms.wait_for_view("v", timeout_s=0)
    state.unknown_lists = 1_000
    with pytest.raises(TransformError, match=r"does not run on every partition after 0 s \(unknown\)"):
        await create(cluster, reprocess=True, timeout_s=0)
    assert state.deleted == ["v"]


@pytest.mark.parametrize("cluster", ["broker"], indirect=True)
async def test_with_an_admin_api_a_view_can_still_run_here(cluster):
    made, state = cluster
    await create(cluster, executor="local")
    assert (await made.transforms.wait_for_view("v", timeout_s=20)).executor == "local"
    assert state.transforms == {}


@pytest.mark.parametrize("cluster", ["local"], indirect=True)
async def test_writing_is_asked_for(cluster):
    made, _ = cluster
    async with await wb.connect(made.address) as reader:
        for call in (
            reader.transforms.create_materialized_view("v", "orders", "sample:passthrough"),
            reader.transforms.delete_materialized_view("v"),
            reader.transforms.pause_view("v"),
            reader.transforms.resume_view("v"),
        ):
            with pytest.raises(ConfigurationError, match="read-only"):
                await call
        assert (
            await reader.transforms.create_materialized_view("v", "orders", "sample:passthrough", dry_run=True) is False
        )
    made._connection.protected = True
    with pytest.raises(ReplayRefused, match="target='v'"):
        await create(cluster)
    assert await create(cluster, target="v") is True


@pytest.mark.parametrize("cluster", ["local"], indirect=True)
async def test_on_kafka_without_an_admin_api_the_ways_are_named(cluster):
    made, _ = cluster
    profile = Profile(address=Address.parse("kafka://127.0.0.1:1"), development=True)
    async with Cluster(profile, MemoryLog(made.profile.address.name), write=True, reason="x") as kafka:
        with pytest.raises(TransformError, match=r"admin_url.*executor='local'.*snap\.transform"):
            await kafka.transforms.create_materialized_view("v", "orders", "sample:passthrough")
        assert await kafka.transforms.create_materialized_view("v", "orders", "sample:passthrough", executor="local")
