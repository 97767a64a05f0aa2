"""Each act on a real log: shown without change, refused, run when typed, taken back where that is possible."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

import workbench as wb
from workbench.errors import ConfigurationError, ReplayRefused, UnknownTopicError, ValidationError
from workbench.model import NewRecord, TopicPartition
from workbench.session.cluster_acts import act_journal
from workbench.testing import wait_until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from workbench.session.cluster import Cluster


@pytest.fixture(autouse=True)
def own_journal(tmp_path, monkeypatch):
    """A journal of the test's own."""
    monkeypatch.setattr("workbench.session.cluster_acts.config_folder", lambda: tmp_path / "config")


@pytest.fixture
async def writer(address: str) -> AsyncIterator[Cluster]:
    async with await wb.connect(address, write=True, reason="INC-42") as opened:
        yield opened


@pytest.fixture
async def topic(writer: Cluster, topic_name: Callable[..., str]) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Factory of topics with ten records in each partition, deleted afterwards."""
    made: list[str] = []

    async def make(*, partitions: int = 2, config: dict[str, str] | None = None) -> str:
        name = topic_name("wb-acts")
        made.append(name)
        await writer.log.create_topic(name, partitions=partitions, config=config)
        async with writer.log.writer() as sender:
            await sender.send(
                [NewRecord(name, b"k%d" % n, b"v%d" % n, (), at) for at in range(partitions) for n in range(10)]
            )
        return name

    yield make
    for name in made:
        if await writer.log.describe([name]):
            await writer.log.delete_topic(name)


def journal() -> list[dict[str, Any]]:
    with duckdb.connect(str(act_journal()), read_only=True) as file:
        rows = file.execute('SELECT action, reason, result, details, operation_id FROM audit ORDER BY "at"').fetchall()
    return [dict(zip(("action", "reason", "result", "details", "id"), row, strict=True)) for row in rows]


async def test_nothing_is_done_that_is_not_typed(writer, topic_name):
    name = topic_name("wb-acts")
    act = await writer.acts.create_topic(name, partitions=3, config={"cleanup.policy": "compact"})
    assert "nothing was changed" in repr(act)
    assert name in act._repr_html_()
    for typed in (None, "", name.upper(), f"{name} "):
        with pytest.raises(ReplayRefused, match=f"confirm='{name}'"):
            await writer.acts.run(act, confirm=typed)
    assert await writer.log.describe([name]) == []
    assert not act_journal().exists()
    report = await writer.acts.run(act, confirm=name)
    (info,) = await writer.log.describe([name])
    assert (len(info.partitions), info.config["cleanup.policy"].value) == (3, "compact")
    assert [(row["action"], row["reason"], row["result"]) for row in journal()] == [
        ("act.create_topic", "INC-42", "begun"),
        ("act.create_topic", "INC-42", "done"),
    ]
    with pytest.raises(ReplayRefused, match=r"exists|not what was planned"):
        await writer.acts.run(act, confirm=name)
    back = await writer.acts.undo(report)
    assert (back.action, back.target) == ("delete_topic", name)
    await writer.acts.run(back, confirm=name)
    assert await writer.log.describe([name]) == []


async def test_a_read_only_session_has_no_acts(writer, address, topic):
    name = await topic()
    async with await wb.connect(address) as reader:
        with pytest.raises(ConfigurationError, match="There are no acts"):
            _ = reader.acts
        planned = await reader.act_plans.delete_topic(name)
        with pytest.raises(ReplayRefused, match="read-only"):
            await reader.act_plans.run(planned, confirm=name)
    assert await writer.log.describe([name])


async def test_partitions_are_added_and_never_removed(writer, topic):
    name = await topic()
    assert "there can only be more" in (await writer.acts.add_partitions(name, 2)).refusals[0]
    act = await writer.acts.add_partitions(name, 5)
    assert "most keys lie in another one" in act.planned.warnings[0]
    report = await writer.acts.run(act, confirm=name)
    assert len((await writer.log.describe([name]))[0].partitions) == 5
    with pytest.raises(ValidationError, match="cannot be taken back"):
        await writer.acts.undo(report)


async def test_settings_are_changed_alone_and_restored(writer, topic):
    name = await topic(config={"retention.ms": "5000000", "segment.bytes": "2000000"})
    act = await writer.acts.change_config(name, {"retention.ms": "7000000", "max.message.bytes": "2000"})
    changes = {one.what: (one.before, one.after) for one in act.planned.changes}
    assert changes["retention.ms"] == ("5000000", "7000000")
    assert changes["max.message.bytes"] == ("1048588 (default)", "2000")
    report = await writer.acts.run(act, confirm=name)

    async def settings() -> dict[str, tuple[str | None, bool]]:
        (info,) = await writer.log.describe([name])
        wanted = ("retention.ms", "max.message.bytes", "segment.bytes")
        return {key: (info.config[key].value, info.config[key].default) for key in wanted}

    async def has(value: str) -> bool:
        return (await settings())["retention.ms"][0] == value

    await wait_until(lambda: has("7000000"), what="the new setting")
    assert await settings() == {
        "retention.ms": ("7000000", False),
        "max.message.bytes": ("2000", False),
        "segment.bytes": ("2000000", False),
    }
    back = await writer.acts.undo(report.operation_id)
    await writer.acts.run(back, confirm=name)
    await wait_until(lambda: has("5000000"), what="the former setting")
    assert (await settings())["max.message.bytes"] == ("1048588", True)
    assert "no setting nonsense" in (await writer.acts.change_config(name, {"nonsense": "1"})).refusals[0]
    wrong = await writer.acts.change_config(name, {"retention.ms": "soon"})
    with pytest.raises(Exception, match=r"retention\.ms|INVALID_CONFIG"):
        await writer.acts.run(wrong, confirm=name)
    assert journal()[-1]["result"].startswith("failed: ")


async def test_records_are_deleted_up_to_a_bound(writer, topic):
    name = await topic()
    act = await writer.acts.delete_records(name, 4)
    assert [(one.before, one.after) for one in act.planned.changes] == [("0", "4")] * 2
    assert "at most 8 records are deleted" in act.planned.warnings
    await writer.acts.run(act, confirm=name)
    assert [part.begin for part in (await writer.log.describe([name]))[0].partitions] == [4, 4]
    assert "no partition has records" in (await writer.acts.delete_records(name, 4)).refusals[0]
    with pytest.raises(ReplayRefused, match="no partition has records"):
        await writer.acts.run(await writer.acts.delete_records(name, "start"), confirm=name)


async def test_a_topic_that_an_active_group_reads_is_not_deleted(writer, topic, group_name):
    name, group = await topic(), group_name()
    async with writer.log.member(group, [name], start="earliest") as member:
        await member.poll()
        act = await writer.acts.delete_topic(name)
        assert group in act.refusals[0]
        with pytest.raises(ReplayRefused, match="active read it"):
            await writer.acts.run(act, confirm=name)
        assert (await writer.acts.delete_topic(name, accept_groups=True)).refusals == ()
    await writer.acts.run(await writer.acts.delete_topic(name), confirm=name)
    assert await writer.log.describe([name]) == []
    with pytest.raises(UnknownTopicError):
        await writer.acts.delete_topic(name)


async def test_one_record_is_written_beside_the_one_it_is_made_of(writer, topic):
    name = await topic()
    (record,) = [one async for one in writer.records(name, start=3, end=4) if one.partition == 1]
    act = await writer.acts.produce(
        name, key=record.key, value=b"edited", headers=((b"h", None),), partition=1, like=record
    )
    changes = {one.what: (one.before, one.after) for one in act.planned.changes}
    assert (changes["key"], changes["value"]) == (("k3", "k3"), ("v3", "edited"))
    assert changes["headers"] == ("none", "h=null")
    report = await writer.acts.run(act, confirm=name)
    assert report.result == f"written to {name}/1@10"
    (written,) = [one async for one in writer.records(name, start=10, end=11)]
    assert (written.key, written.value, written.headers) == (b"k3", b"edited", ((b"h", None),))
    assert "no partition 7" in (await writer.acts.produce(name, value=b"x", partition=7)).refusals[0]
    masked = replace(record, headers=((b"x-workbench-masked", b"value"),))
    for given in ({"like": masked}, {"headers": masked.headers}):
        act = await writer.acts.produce(name, value=b"x", **given)
        assert "masked when it was read" in act.refusals[0]


async def test_offsets_of_an_empty_group_are_reset_and_restored(writer, topic, group_name):
    name, group = await topic(), group_name()
    await writer.log.commit_offsets(group, {TopicPartition(name, 0): 7})
    act = await writer.acts.reset_offsets(group, "start")
    assert [(one.what, one.before, one.after) for one in act.planned.changes] == [
        (f"offset of {name}/0", "7", "0 (-7)"),
        (f"offset of {name}/1", "none", "0"),
    ]
    assert "at most 7 records are read again by all of the group's consumers" in act.planned.warnings
    report = await writer.acts.run(act, confirm=group)
    assert {place.partition: one.offset for place, one in (await writer.log.committed(group)).items()} == {0: 0, 1: 0}
    begun = json.loads(journal()[0]["details"])
    assert begun["undo"]["parameters"]["offsets"] == [[name, 0, 7]]
    await writer.acts.run(await writer.acts.undo(report.operation_id), confirm=group)
    assert (await writer.log.committed(group))[TopicPartition(name, 0)].offset == 7
    assert "already" in (await writer.acts.reset_offsets(group, f"group:{group}", topics=name)).refusals[0]
    async with writer.log.member(group, [name], start="earliest") as member:
        await member.poll()
        busy = await writer.acts.reset_offsets(group, "end")
        assert "1 member" in busy.refusals[0]
        with pytest.raises(ReplayRefused, match="1 member"):
            await writer.acts.run(busy, confirm=group)


async def test_offsets_outside_the_log_become_its_bounds(writer, topic, group_name):
    name, group = await topic(), group_name()
    await writer.log.commit_offsets(group, {TopicPartition(name, 0): 2, TopicPartition(name, 1): 2})
    report = await writer.acts.run(await writer.acts.reset_offsets(group, 5, topics=name), confirm=group)
    await writer.log.delete_records({TopicPartition(name, 0): 4})
    act = await writer.acts.undo(report)
    assert act.refusals == ()
    assert f"{name}/0 holds 4 to 10, and not 2: its offset becomes 4" in act.planned.warnings
    assert [(one.before, one.after) for one in act.planned.changes] == [("5", "4 (-1)"), ("5", "2 (-3)")]
    await writer.acts.run(act, confirm=group)
    assert {at.partition: one.offset for at, one in (await writer.log.committed(group)).items()} == {0: 4, 1: 2}


async def test_an_offset_beyond_the_log_is_told(writer, topic, group_name):
    name, group = await topic(), group_name()
    await writer.log.commit_offsets(group, {TopicPartition(name, 0): 900})
    act = await writer.acts.reset_offsets(group, 7_000)
    assert f"{name}/0 holds 0 to 10, and not 7000: its offset becomes 10" in act.planned.warnings
    assert act.planned.changes[0].after == "10 (-890)"
    assert not any("are read again" in text for text in act.planned.warnings), "none of the 890 is there"
    other = await writer.acts.reset_offsets(group_name(), "start", topics=name)
    assert "undo: the group has no offsets there that could be restored" in repr(other)


async def test_what_changed_since_it_was_planned_is_not_run(writer, topic, group_name):
    name, group = await topic(), group_name()
    await writer.log.commit_offsets(group, {TopicPartition(name, 0): 7})
    act = await writer.acts.reset_offsets(group, "end")
    await writer.log.commit_offsets(group, {TopicPartition(name, 0): 8})
    with pytest.raises(ReplayRefused, match="not what was planned"):
        await writer.acts.run(act, confirm=group)
    assert (await writer.log.committed(group))[TopicPartition(name, 0)].offset == 8


async def test_a_group_is_deleted_and_its_offsets_restored(writer, topic, group_name):
    name, group = await topic(), group_name()
    await writer.log.commit_offsets(group, {TopicPartition(name, 0): 3, TopicPartition(name, 1): 5})
    async with writer.log.member(group, [name]) as member:
        await member.poll()
        assert "1 member" in (await writer.acts.delete_group(group)).refusals[0]
        with pytest.raises(wb.GroupActiveError):
            await writer.log.delete_group(group)
    offsets = await writer.log.committed(group)
    report = await writer.acts.run(await writer.acts.delete_group(group), confirm=group)
    assert group not in await writer.log.groups()
    await writer.acts.run(await writer.acts.undo(report), confirm=group)
    assert {p: one.offset for p, one in (await writer.log.committed(group)).items()} == {
        p: one.offset for p, one in offsets.items()
    }
    assert "no such group" in (await writer.acts.delete_group(group_name())).refusals[0]


async def test_the_journal_names_operations_and_refuses_unknown_ones(writer):
    with pytest.raises(ValidationError, match="has no act nonsense"):
        await writer.acts.undo("nonsense")
    act_journal().parent.mkdir(parents=True)
    act_journal().write_bytes(b"no database" * 1_000)
    act = await writer.acts.create_topic("never-made")
    with pytest.raises(wb.SnapshotFormatError):
        await writer.acts.run(act, confirm="never-made")
    assert await writer.log.describe(["never-made"]) == []
