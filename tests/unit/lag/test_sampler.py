"""One round on a memory cluster: order, times, what is absent, what fails, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from workbench.bus.memory import MemoryLog
from workbench.errors import BrokerUnavailableError, WorkbenchError
from workbench.lag import LagResult, lag_frame
from workbench.lag import sampler as sampler_module
from workbench.lag.sampler import CONCURRENCY, LagSampler
from workbench.model import NewRecord, TopicPartition

if TYPE_CHECKING:
    from workbench.model import CommittedOffset


class Watched(MemoryLog):
    """A memory log that notes what it is asked, and refuses some of it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.asked: list[str] = []
        self.refused: set[str] = set()
        self.at_once = self.most_at_once = 0

    async def offsets(self, partitions, at, *, isolation="read_committed"):
        partitions = list(partitions)
        self.asked.append({"earliest": "low"}.get(at) or {"read_committed": "lso"}.get(isolation, "high"))
        for topic in {p.topic for p in partitions} & self.refused:
            raise WorkbenchError(f"{topic} is refused")
        return await super().offsets(partitions, at, isolation=isolation)

    async def describe(self, topics=None):
        self.asked.append("topics")
        return await super().describe(topics)

    async def describe_groups(self, group_ids):
        self.asked.append("groups")
        return await super().describe_groups(group_ids)

    async def committed(self, group_id: str) -> dict[TopicPartition, CommittedOffset]:
        self.asked.append("committed")
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if group_id in self.refused:
            raise WorkbenchError(f"{group_id} is refused")
        return await super().committed(group_id)


@pytest.fixture
async def log(topic_name):
    async with Watched(topic_name()) as opened:
        for name in ("a", "b"):
            await opened.create_topic(name, partitions=2)
            async with opened.writer() as writer:
                await writer.send([NewRecord(name, value=b"x", partition=n % 2) for n in range(20)])
        opened.asked.clear()
        yield opened


async def test_every_value_is_read_before_those_it_is_compared_with(log):
    await log.commit_offsets("g", {TopicPartition("a", 0): 4})
    await log.commit_offsets("h", {TopicPartition("b", 0): 4})
    taken = await LagSampler(log).round()
    assert log.asked == ["topics", "groups", "low", "committed", "committed", "lso", "high"]
    times = [taken.started_at_ms, taken.low_at_ms, taken.committed_at_ms, taken.high_at_ms, taken.finished_at_ms]
    assert times == sorted(times)
    assert taken.cluster_id == log.cluster_id
    assert taken.errors == ()


async def test_topics_are_described_once_and_groups_each_time(log):
    sampler = LagSampler(log)
    for _ in range(3):
        await sampler.round()
    assert log.asked.count("topics") == 1
    assert log.asked.count("low") == 3


async def test_figures_of_a_group_behind_and_one_that_lost(log):
    await log.commit_offsets("g", {TopicPartition("a", 0): 4, TopicPartition("a", 1): 2})
    await log.delete_records({TopicPartition("a", 1): 7})
    frame = lag_frame(await LagSampler(log).round()).set_index("partition")
    assert frame.loc[0, ["lag", "lost", "readable", "margin"]].tolist() == [6, 0, 6, 4]
    assert frame.loc[1, ["lag", "lost", "readable", "margin"]].tolist() == [8, 5, 3, -5]


async def test_a_partition_without_commit_is_listed_with_its_bounds(log):
    await log.commit_offsets("g", {TopicPartition("a", 0): 4})
    frame = lag_frame(await LagSampler(log).round()).set_index("partition")
    assert pd.isna(frame.loc[1, "lag"])
    assert frame.loc[1, ["reason", "lag_if_at_end", "lag_if_at_start"]].tolist() == ["no-commit", 0, 10]


async def test_an_open_transaction_holds(log):
    await log.commit_offsets("g", {TopicPartition("a", 0): 10})
    async with log.writer(transactional_id="t") as writer:
        await writer.begin()
        await writer.send([NewRecord("a", value=b"x", partition=0) for _ in range(3)])
        frame = lag_frame(await LagSampler(log).round()).set_index("partition")
        await writer.abort()
    assert frame.loc[0, ["lag", "lag_committed", "held"]].tolist() == [3, 0, 3]


async def test_members_are_named_beside_what_they_hold(log):
    async with log.member("g", ["a"], start="earliest") as one, log.member("g", ["a"]) as two:
        frame = lag_frame(await LagSampler(log).round()).set_index("partition")
        held = {p.partition: member.member_id for member in (one, two) for p in member.assignment}
    assert frame["member_id"].to_dict() == held
    assert frame["members"].tolist() == [2, 2]
    assert set(frame["state"]) == {"Stable"}


async def test_patterns_choose_groups_and_topics(log):
    await log.commit_offsets("one.x", {TopicPartition("a", 0): 1, TopicPartition("b", 0): 1})
    await log.commit_offsets("two.x", {TopicPartition("a", 0): 1})
    taken = await LagSampler(log, groups="one.*", topics="b").round()
    assert {(c.group_id, c.topic) for c in taken.commits} == {("one.x", "b")}
    assert {o.topic for o in taken.offsets} == {"b"}


async def test_a_topic_deleted_between_rounds_costs_only_itself(log):
    await log.commit_offsets("g", {TopicPartition("a", 0): 4, TopicPartition("b", 0): 4})
    sampler = LagSampler(log)
    await sampler.round()
    await log.delete_topic("b")
    taken = await sampler.round()
    assert {o.topic: o.error is None for o in taken.offsets} == {"a": True, "b": False}
    assert any("b does not exist" in error for error in taken.errors)
    frame = lag_frame(taken).set_index(["topic", "partition"])
    assert frame.loc[("a", 0), "lag"] == 6
    after = await sampler.round()
    assert {o.topic for o in after.offsets} == {"a"}
    assert after.errors == ()


async def test_a_topic_that_cannot_be_read_has_the_reason_and_the_others_their_lag(log):
    await log.commit_offsets("g", {TopicPartition("a", 0): 4, TopicPartition("b", 0): 4})
    log.refused = {"b"}
    frame = lag_frame(await LagSampler(log).round()).set_index(["topic", "partition"])
    assert frame.loc[("a", 0), "lag"] == 6
    assert pd.isna(frame.loc[("b", 0), "lag"])
    assert "b is refused" in frame.loc[("b", 0), "reason"]


async def test_a_group_that_cannot_be_read_is_said_even_without_members(log):
    await log.commit_offsets("g", {TopicPartition("a", 0): 4})
    await log.commit_offsets("h", {TopicPartition("a", 0): 4})
    log.refused = {"h"}
    taken = await LagSampler(log).round()
    assert {group.group_id: group.error for group in taken.groups} == {"g": None, "h": "h is refused"}
    assert taken.errors == ("group h: h is refused",)
    (row,) = lag_frame(taken).query("group_id == 'h'").to_dict("records")
    assert (row["reason"], pd.isna(row["topic"])) == ("h is refused", True)


async def test_a_topic_created_later_is_seen_once_a_group_mentions_it(log):
    sampler = LagSampler(log)
    await sampler.round()
    await log.create_topic("late")
    await log.commit_offsets("g", {TopicPartition("late", 0): 0})
    taken = await sampler.round()
    assert [(c.topic, c.error) for c in taken.commits] == [("late", None)]
    assert [(o.topic, o.high) for o in taken.offsets if o.topic == "late"] == [("late", 0)]


async def test_at_most_ten_groups_are_asked_at_once(log):
    for number in range(35):
        await log.commit_offsets(f"g{number}", {TopicPartition("a", 0): 1})
    taken = await LagSampler(log).round()
    assert len(taken.commits) == 70
    assert 1 < log.most_at_once <= CONCURRENCY


async def test_an_unreachable_cluster_is_an_error_and_the_next_round_works(log):
    sampler = LagSampler(log)
    await sampler.round()
    log.faults.drop_connection()
    with pytest.raises(BrokerUnavailableError):
        await sampler.round()
    log.faults.restore()
    assert len((await sampler.round()).offsets) == 4


async def test_sampling_leaves_no_group_and_no_commit(log):
    await log.commit_offsets("g", {TopicPartition("a", 0): 4})
    before = await log.groups(), await log.committed("g")
    await LagSampler(log).round()
    assert (await log.groups(), await log.committed("g")) == before


@pytest.mark.parametrize("group_id", ["billing[eu]", "a*", "what?", "[!x]", ""])
async def test_an_exact_id_always_works(log, group_id):
    for other in ("billinge", "abc", "whatx", "y", "billing", group_id):
        await log.commit_offsets(other, {TopicPartition("a", 0): 4})
    taken = await LagSampler(log, groups=group_id).round()
    assert [group.group_id for group in taken.groups] == [group_id]
    assert lag_frame(taken)["lag"].dropna().tolist() == [6]


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("biling", "Similar ids: 'billing'"),
        ("pay*", "Similar ids: 'eu-payments'"),
        ("zzz", "None of its 2 groups has a similar id"),
    ],
)
async def test_no_such_group_is_an_error_that_names_similar_ids(log, pattern, hint):
    for known in ("billing", "eu-payments"):
        await log.commit_offsets(known, {TopicPartition("a", 0): 4})
    with pytest.raises(WorkbenchError, match=f"No consumer group of {log.address} has the id.*{hint}"):
        await LagSampler(log, groups=pattern).round()


async def test_a_cluster_without_groups_is_an_answer_and_one_group_of_it_is_not(log):
    assert (await LagSampler(log).round()).groups == ()
    with pytest.raises(WorkbenchError, match="shows no consumer group at all"):
        await LagSampler(log, groups="billing").round()


async def test_a_commit_on_an_internal_topic_has_its_lag(log, monkeypatch):
    plain = log.describe

    async def with_internal(topics=None):
        return [replace(info, internal=info.name == "b") for info in await plain(topics)]

    monkeypatch.setattr(log, "describe", with_internal)
    await log.commit_offsets("g", {TopicPartition("b", 1): 4})
    sampler = LagSampler(log)
    for _ in range(2):
        taken = await sampler.round()
        assert taken.errors == ()
        assert lag_frame(taken)[["topic", "partition", "lag"]].to_numpy().tolist() == [["b", 1, 6]]
        assert {sample.topic for sample in taken.offsets} == {"a", "b"}


async def test_a_live_group_without_partitions_is_a_row(log):
    async with log.member("searching", re.compile("not-there-.*")):
        result = LagResult([await LagSampler(log).round()])
        (row,) = result.frame.to_dict("records")
        assert (row["group_id"], row["members"], row["reason"]) == ("searching", 1, "no-partitions")
        (total,) = result.groups.to_dict("records")
        assert (total["group_id"], total["members"], total["partitions"], total["unknown"]) == ("searching", 1, 0, 0)
        assert "searching" in repr(result)
        assert "searching" in result._repr_html_()
        assert result.errors == ()
        result.figure()


async def test_many_groups_on_a_topic_of_many_partitions_are_rows_only_where_they_committed(log, monkeypatch):
    await log.create_topic("wide", partitions=100)
    for number in range(200):
        await log.commit_offsets(f"g{number}", {TopicPartition("wide", number % 100): 0})
    assert len((await LagSampler(log).round()).commits) == 200 * 100
    monkeypatch.setattr(sampler_module, "LISTED_ROWS", 1_000)
    taken = await LagSampler(log).round()
    assert len(taken.commits) <= 1_000 + 200
    assert sum(row.committed is not None for row in taken.commits) == 200


async def test_groups_that_commit_on_every_partition_are_rows_where_they_are_furthest_behind(log, monkeypatch):
    await log.create_topic("wide", partitions=40)
    async with log.writer() as writer:
        await writer.send([NewRecord("wide", value=b"x", partition=number % 40) for number in range(40 * 30)])
    for group in range(10):
        await log.commit_offsets(f"g{group}", {TopicPartition("wide", n): (n * 7 + group) % 30 for n in range(40)})
    monkeypatch.setattr(sampler_module, "LISTED_ROWS", 100)
    taken = await LagSampler(log).round()
    listed = {f"g{group}": [row for row in taken.commits if row.group_id == f"g{group}"] for group in range(10)}
    whole = [group for group, rows in listed.items() if len(rows) == 40]
    cut = [group for group, rows in listed.items() if len(rows) == 5]
    assert (len(whole), len(cut)) == (2, 8)
    for group in cut:
        # Of offsets 0 to 29 on 40 partitions the lowest are furthest behind.
        stored = sorted((n * 7 + int(group[1:])) % 30 for n in range(40))
        assert [row.committed for row in listed[group]] == stored[:5]
    assert {g.group_id for g in taken.groups if g.error} == set(cut)
    assert "5 of its 40 partitions are listed, those furthest behind" in taken.errors[0]
    result = LagResult([taken])
    assert result.groups.set_index("group_id").loc[cut[0], "max_lag"] == 30
    assert len(result.errors) == 8
    one = await LagSampler(log, groups=cut[0]).round()
    assert (len(one.commits), one.errors) == (40, ())
