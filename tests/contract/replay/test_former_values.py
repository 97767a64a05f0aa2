"""After a run onto a compacted topic its keys can get back what they had; nobody else's newer value is touched."""

from __future__ import annotations

import pytest
from replay_bench import read_all, select, write

from workbench.errors import ReplayRefused, ValidationError
from workbench.model import NewRecord
from workbench.replay.undo import former_values as module
from workbench.replay.undo.former_values import former_values


def records(topic, *pairs: tuple[bytes, bytes | None]):
    return [NewRecord(topic, key, value, (), 0, 1_700_000_000_000) for key, value in pairs]


async def newest(log, topic):
    return {record.key: record.value for record in await read_all(log, topic)}


@pytest.mark.parametrize("headers", ["provenance", "exact"])
async def test_keys_get_back_what_they_had(bench, monkeypatch, headers):
    monkeypatch.setattr(module, "_DEPTH", 2)
    source, target = await bench.topic(1), await bench.topic(1, cleanup__policy="compact")
    before = [(b"a", b"older"), (b"a", b"old a"), (b"b", b"old b"), (b"c", b"old c"), (b"d", b"x"), (b"d", None)]
    await write(bench.log, records(target, *before))
    await write(bench.log, records(source, *((key, b"new") for key in (b"a", b"c", b"d", b"e"))))
    plan = await bench.plan(await select(bench.log, source, headers=headers), target)
    report = await bench.run(plan)
    assert any("former_values" in line for line in report.undo.lines)
    await write(bench.log, records(target, (b"c", b"newer")))
    draft = await former_values(bench.log, bench.journal, plan.run_id)
    assert draft.description == f"the values of 2 keys before run {plan.run_id}"
    undone = await bench.run(await bench.plan(draft, target))
    assert undone.state == "verified", repr(undone)
    assert await newest(bench.log, target) == {b"a": b"old a", b"b": b"old b", b"c": b"newer", b"d": None, b"e": b"new"}


async def test_there_may_be_nothing_to_give_back(bench):
    source, plain, compacted = (
        await bench.topic(1),
        await bench.topic(1),
        await bench.topic(1, cleanup__policy="compact"),
    )
    await write(bench.log, records(source, (b"a", b"new")))
    for target, reason in ((plain, "is compacted"), (compacted, "had a value before it")):
        plan = await bench.plan(await select(bench.log, source), target)
        await bench.run(plan)
        with pytest.raises(ValidationError, match=reason):
            await former_values(bench.log, bench.journal, plan.run_id)
    await bench.log.delete_topic(compacted)
    with pytest.raises(ReplayRefused, match="does not exist any more"):
        await former_values(bench.log, bench.journal, plan.run_id)
