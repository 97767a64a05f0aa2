"""Acts in the explorer: planned, shown, typed, run, taken back; a copy keeps the bytes that nobody edits."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.errors import ValidationError
from workbench.live.explorer.desk import DeskParts, ExplorerDesk
from workbench.model.explorer import DifferenceSection, LinesSection, TableSection


@pytest.fixture
def desk(cluster):
    made = ExplorerDesk(cluster, parts=DeskParts(acts=cluster.acts), hides=lambda topic: topic == "payments")
    yield made
    made.close()


@pytest.fixture
def acts(desk):
    return desk.panes[-1]


def plan_of(acts):
    return next(section for section in acts.sections if isinstance(section, TableSection))


async def act(acts, name, **values):
    await acts.do("input", {"act": name})
    await acts.do("plan", {"act": name, **values})
    assert acts.failure == ""
    return plan_of(acts)


async def test_a_topic_is_made_changed_and_the_change_taken_back(acts, cluster):
    plan = await act(acts, "create topic", topic="new", partitions="2", replicas="1", settings="retention.ms=1000")
    assert plan.title == "Plan: create topic new"
    await acts.do("run", {"confirm": "wrong"})
    assert "was typed" in acts.failure
    assert "new" not in await cluster.log.topic_names()
    await acts.do("run", {"confirm": "new"})
    assert acts.failure == ""
    assert "new" in await cluster.log.topic_names()
    await act(acts, "change settings", topic="new", settings="retention.ms=2000")
    await acts.do("run", {"confirm": "new"})
    await acts.do("undo", {})
    assert plan_of(acts).rows[0][1:] == ("2000", "1000")
    await act(acts, "add partitions", topic="new", total="3")
    await acts.do("run", {"confirm": "new"})
    await act(acts, "delete records", topic="orders", before="5")
    await act(acts, "delete topic", topic="new", accept="")
    await acts.do("run", {"confirm": "new"})
    assert "new" not in await cluster.log.topic_names()


async def test_another_act_is_planned_although_the_form_is_still_that_of_the_former(acts):
    form = {field.name: field.value for field in acts.inputs}
    await acts.do("plan", {**form, "act": "create topic", "topic": "made-here"})
    assert (acts.failure, plan_of(acts).title) == ("", "Plan: create topic made-here")


async def test_offsets_are_reset_and_a_group_is_deleted(acts, cluster):
    await act(acts, "reset offsets", group="billing", to="start", only="")
    await acts.do("run", {"confirm": "billing"})
    assert {one.offset for one in (await cluster.log.committed("billing")).values()} == {0}
    await act(acts, "delete group", group="billing")
    await acts.do("run", {"confirm": "billing"})
    assert "billing" not in await cluster.log.groups()


async def test_a_record_is_copied_with_an_edit_shown_as_a_difference(desk, acts, cluster):
    await desk.select_record("orders/1@39")
    await acts.do("take", {"act": "produce a record"})
    form = {field.name: field.value for field in acts.inputs}
    assert form["topic"] == "orders"
    await acts.do("plan", form)
    assert next(s for s in acts.sections if isinstance(s, DifferenceSection)).note == "an exact copy"
    form["value"] = form["value"].replace("119", "7")
    await acts.do("plan", form)
    lines = next(s for s in acts.sections if isinstance(s, DifferenceSection)).lines
    assert any(line.startswith("-") and "119" in line for line in lines)
    await acts.do("run", {"confirm": "orders"})
    assert isinstance(acts.sections[0], LinesSection)
    written = acts.report.result.rpartition(" ")[2]
    record = await cluster.record(written)
    original = await cluster.record("orders/1@39")
    assert (record.key, record.headers) == (original.key, original.headers)
    assert record.value == original.value.replace(b"119", b"7")


async def test_what_cannot_be_done_is_said(desk, acts, cluster):
    await acts.do("plan", {"act": "produce a record", "topic": "nowhere"})
    assert "nowhere" in acts.failure
    await acts.do("plan", {"topic": "orders", "headers": "no colon"})
    assert "not written as name: value" in acts.failure
    await acts.do("plan", {"topic": "orders", "headers": "", "partition": "x"})
    assert "is no number" in acts.failure
    await desk.select_record("payments/0@0")
    await acts.do("take", {})
    assert "are masked here" in acts.failure
    with pytest.raises(ValidationError):
        await acts.do("run", {})
    with pytest.raises(ValidationError, match="no such act"):
        await acts.do("plan", {"act": "drop everything"})


async def test_a_read_only_cluster_has_no_acts(cluster):
    async with await wb.connect(cluster.address) as reader:
        assert [pane.name for pane in reader.explore().feed.panes][-1] == "replay"
    assert [pane.name for pane in cluster.explore().feed.panes][-1] == "acts"
