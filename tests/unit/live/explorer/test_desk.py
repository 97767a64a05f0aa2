"""The panes share one selection, and answer what a person asks of them."""

from __future__ import annotations

import asyncio
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from workbench.config.views import SavedView
from workbench.errors import ValidationError
from workbench.live.explorer import pane as pane_module
from workbench.live.explorer.desk import ExplorerDesk
from workbench.model.explorer import (
    ExplorerFeed,
    ExplorerPane,
    LinesSection,
    ProgressSection,
    TableSection,
    TreeSection,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from workbench.live.search.result import SearchResult
    from workbench.live.search.search import Search


async def until(condition):
    for _ in range(2_000):
        if condition():
            return
        await asyncio.sleep(0.005)
    pytest.fail("the condition did not come true")


def texts(pane):
    return [row.cells for row in pane.window(0, pane.row_count)]


def titles(pane):
    return [section.title for section in pane.sections]


async def test_the_desk_and_its_panes_are_what_the_widget_takes(desk):
    assert isinstance(desk, ExplorerFeed)
    assert all(isinstance(pane, ExplorerPane) for pane in (*desk.panes, *desk.details))
    assert [pane.name for pane in desk.panes] == ["topics", "topic", "messages", "search", "groups", "traces"]
    assert desk.state == "may write"


async def test_a_topic_is_chosen_and_its_newest_messages_are_shown(desk):
    await desk.topics.refresh()
    assert [row[0] for row in texts(desk.topics)] == ["orders", "payments"]
    await desk.topics.enter("orders")
    assert (desk.topic, desk.wish) == ("orders", (1, "messages"))
    assert desk.messages.row_count == 50
    assert desk.messages.window(0, 1)[0].key == "orders/1@39"
    assert [row[0] for row in texts(desk.topic_pane)] == ["0", "1"]
    (settings,) = desk.topic_pane.sections
    assert settings.rows[0] == ("retention.ms", "1000", "differs from the default")
    assert desk.search.inputs[0].value == "orders"


async def test_topics_are_filtered_and_sorted(desk):
    await desk.topics.refresh()
    await desk.topics.do("input", {"filter": "PAY", "internal": "", "sort": "topic"})
    assert [row[0] for row in texts(desk.topics)] == ["payments"]
    assert desk.topics.note.startswith("1 of 2 topics")
    await desk.topics.do("input", {"filter": "", "internal": "", "sort": "records"})
    assert (desk.topics.order, [row[0] for row in texts(desk.topics)]) == ("-records", ["orders", "payments"])
    await desk.topics.do("sort", {"column": "records"})
    await desk.topics.do("sort", {"column": "records"})
    assert [row[0] for row in texts(desk.topics)] == ["orders", "payments"]
    await desk.topics.pick("nowhere")
    assert desk.topic == ""


async def test_a_pane_that_works_for_long_says_for_how_long(desk, monkeypatch):
    monkeypatch.setattr(pane_module, "LONG_JOB_S", 0.1)
    going_on, said = asyncio.Event(), desk.topics

    async def slow():
        await going_on.wait()
        said.busy = "reading more"
        await asyncio.sleep(0)
        seen.append(said.busy)

    seen = []
    job = asyncio.create_task(said.work(slow, "reading topics"))
    await until(lambda: said.busy)
    assert said.busy == "reading topics"
    await until(lambda: said.busy == "reading topics, for 0 s")
    going_on.set()
    await job
    # What it says of how far it has got begins nothing new.
    assert seen == ["reading more, for 0 s"]
    assert said.busy == ""
    job = asyncio.create_task(said.work(asyncio.Event().wait, "reading topics"))
    await until(lambda: said.busy)
    assert said.busy == "reading topics"
    job.cancel()
    await asyncio.wait([job])


async def test_rates_are_counted_between_samples(desk, write):
    await desk.topics.refresh()
    await desk.topics.sample()
    await write("orders", 10)
    await desk.topics.sample()
    row = desk.topics.window(0, 1)[0]
    assert row.cells[1] == "90"
    assert len(row.trend) == 1
    assert row.trend[0] > 0


async def test_pages_go_both_ways_from_any_bound(desk):
    await desk.select_topic("orders")
    await desk.messages.do("older", {})
    assert desk.messages.row_count == 30
    await desk.messages.do("older", {})
    assert desk.messages.note.endswith("the log starts here")
    await desk.messages.do("newer", {})
    assert desk.messages.window(0, 1)[0].key == "orders/1@39"
    form = {"topic": "orders", "partition": "1", "start": "2", "count": "50"}
    await desk.messages.do("go", form)
    assert desk.messages.window(37, 38)[0].key == "orders/1@2"
    await desk.messages.do("go", {**form, "topic": "payments/0@3", "partition": ""})
    assert desk.topic == "payments"
    assert desk.messages.window(16, 17)[0].key == "payments/0@3"
    await desk.messages.do("go", {**form, "partition": "x"})
    assert "x is no partition" in desk.messages.failure
    await desk.messages.do("go", {**form, "topic": "nowhere"})
    assert "nowhere" in desk.messages.failure
    with pytest.raises(ValidationError):
        await desk.messages.do("delete", {})
    await desk.messages.do("newest", {"unknown": ""})
    assert "unknown" not in desk.messages.values


async def test_a_record_is_shown_as_facts_tree_and_bytes(desk, tmp_path):
    await desk.select_topic("orders")
    await desk.messages.pick("orders/1@39")
    assert desk.record == "orders/1@39"
    record, value, dump, _ = desk.details
    assert titles(record) == ["Record", "Headers: 1", "Where it came from"]
    (tree,) = [section for section in value.sections if isinstance(section, TreeSection)]
    assert ("amount", "12.50", "number") in [(node.name, node.text, node.kind) for node in tree.nodes]
    assert dump.sections[1].text.startswith("00000000  7b 22")
    file = tmp_path / "value.bin"
    await record.do("save", {"file": str(file), "position": desk.record})
    assert file.read_bytes().startswith(b'{"specversion"')
    await record.do("save", {"file": str(file), "position": desk.record})
    assert "exists already" in record.failure
    await record.do("open", {"file": "", "position": "payments/1@0"})
    assert desk.record == "payments/1@0"
    await record.do("open", {"file": "", "position": "payments/1@999"})
    assert "no record payments/1@999" in record.failure
    await record.do("open", {"file": "", "position": "nonsense"})
    assert record.failure


async def test_a_record_is_explained_and_traced(desk):
    await desk.select_record("orders/1@39")
    record, *_, explain = desk.details
    await record.do("trace", {})
    assert desk.wish[1] == "traces"
    assert [row[2] for row in texts(desk.traces)] == ["orders/0@38", "payments/1@19", "orders/1@39"] or desk.traces.rows
    assert explain.explanation.position == "orders/1@39"
    standing = [section for section in explain.sections if isinstance(section, TableSection)][-1]
    assert standing.rows[0][0] == "billing"
    first = desk.traces.rows[0].key
    await desk.traces.pick(first)
    assert desk.record == first
    assert explain.sections == ()


async def test_a_search_fills_its_table_and_says_how_it_ended(desk):
    form = dict.fromkeys(("topics", "where", "words", "regex", "key", "newest"), "")
    form |= {"start": "start", "end": "end", "limit": "100"}
    await desk.search.do("search", form)
    assert "Name topics" in desk.search.failure
    await desk.search.do("search", {**form, "topics": "orders pay*", "where": "event_type = 'step.1'"})
    assert desk.search.row_count == 40
    assert "complete: 120 records" in desk.search.note
    assert any(isinstance(section, ProgressSection) for section in desk.search.sections)
    await desk.search.pick(desk.search.window(0, 1)[0].key)
    assert desk.record.startswith("payments/")
    await desk.traces.do("found", {})
    assert desk.traces.row_count == 40
    await desk.search.do("search", {**form, "topics": "orders", "where": "nowhere = 1"})
    assert "cannot be read" in desk.search.failure
    assert desk.search.found is None
    await desk.traces.do("found", {})
    assert "found nothing yet" in desk.traces.failure


class WaitingSearch:
    """A search that begins when it is cancelled: a small one would have ended before."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._gate = asyncio.Event()
        self.on_found = search.on_found

    def cancel(self):
        self._search.cancel()
        self._gate.set()

    def __await__(self) -> Generator[Any, None, SearchResult]:
        return self._run().__await__()

    async def _run(self):
        await self._gate.wait()
        return await self._search


async def test_a_search_that_runs_can_be_cancelled(desk, cluster, monkeypatch):
    search = cluster.search
    monkeypatch.setattr(cluster, "search", lambda *args, **options: WaitingSearch(search(*args, **options)))
    form = {"topics": "orders", "start": "start", "end": "end", "limit": "100"}
    running = asyncio.create_task(desk.search.do("search", form))
    await until(lambda: desk.search.presses[1].enabled and desk.search._search is not None)
    with pytest.raises(ValidationError, match="A search is running"):
        await desk.search.do("search", form)
    await desk.search.do("cancel", {})
    await running
    assert "stopped because it was cancelled" in desk.search.note
    assert not desk.search.presses[1].enabled


async def test_columns_are_chosen_while_a_search_runs_and_without_it(desk):
    await desk.select_topic("orders")
    pane = desk.messages
    await pane.do("input", {"columns": "offset key:200 event_id"})
    assert [(column.name, column.width_px) for column in pane.columns][:2] == [("offset", 76), ("key", 200)]
    assert pane.window(0, 1)[0].cells == ("39", "k119", "e119")
    for wrong, why in (("colour", "is no column"), ("key key", "is named twice"), ("key:9", "a width is 30 to 2,000")):
        await pane.do("input", {"columns": wrong})
        assert why in pane.failure
        assert len(pane.columns) == 3
    await pane.do("input", {"columns": ""})
    assert (pane.failure, len(pane.columns)) == ("", 7)
    async with desk.search._turn:
        await desk.search.do("input", {"columns": "value"})
    assert [column.name for column in desk.search.columns] == ["value"]


async def test_a_saved_view_brings_back_what_was_shown(cluster, desk):
    await desk.topics.refresh()
    await desk.topics.do("input", {"filter": "o", "sort": "records"})
    await desk.select_topic("orders")
    form = {"topic": "orders", "partition": "1", "start": "30", "count": "50", "columns": "offset key:90"}
    await desk.messages.do("input", form)
    await desk.messages.do("go", form)
    await desk.messages.do("save", form)
    lines = desk.messages.sections[0].text
    view = SavedView.model_validate(tomllib.loads(lines)["views"]["my-view"])
    assert (view.pane, view.order, view.messages_from, view.columns) == (
        "messages", "-records", "30", ["offset", "key:90"],
    )  # fmt: skip
    again = ExplorerDesk(cluster, view=view)
    await again._restore()
    assert (again.topics.order, again.topics.value("filter")) == ("-records", "o")
    assert texts(again.messages) == texts(desk.messages)
    assert len(texts(again.messages)) == 10
    await again.messages.do("save", {})
    assert again.messages.sections[0].text == lines
    wrong = ExplorerDesk(cluster, view=view.model_copy(update={"columns": ["colour"]}))
    await wrong._restore()
    assert "colour is no column" in wrong.state
    for one in (again, wrong):
        one.close()


async def test_groups_have_members_and_lag(desk):
    await desk.groups.do("refresh", {})
    (row,) = desk.groups.rows
    assert (row.cells[0], row.cells[2], row.cells[1]) == ("billing", "Empty", "74")
    await desk.groups.pick("billing")
    assert titles(desk.groups) == ["Members of billing: 0", "Lag by partition"]
    await desk.groups.do("input", {"filter": "other"})
    assert desk.groups.row_count == 0


async def test_statistics_are_counted_on_request(desk):
    await desk.select_topic("orders")
    await desk.topic_pane.do("count", {"start": "start", "end": "end"})
    assert titles(desk.topic_pane)[:3] == [
        "Statistics of orders, start to end",
        "Event types",
        "Schema by example: fields of the last records",
    ]
    await desk.topic_pane.do("drift", {"start": "0", "end": "2"})
    assert desk.topic_pane.sections[0].title == "From the window start to end to 0 to 2"
    await desk.topic_pane.do("count", {"start": "nonsense", "end": "end"})
    assert "nonsense" in desk.topic_pane.failure


async def test_nothing_more_is_asked_while_nobody_looks(desk, monkeypatch):
    monkeypatch.setattr("workbench.live.explorer.desk.SAMPLE_S", 0.01)
    monkeypatch.setattr("workbench.live.explorer.desk.SHARE", 0)
    sampled = []

    async def sample():
        sampled.append(1)

    monkeypatch.setattr(desk.topics, "sample", sample)
    task = asyncio.create_task(desk.run())
    try:
        await until(lambda: desk.topics.row_count)
        await asyncio.sleep(0.05)
        assert sampled == []
        desk.resume()
        await until(lambda: sampled)
        desk.pause()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_cluster_that_was_closed_is_a_failure_of_the_pane(desk, cluster):
    await desk.select_topic("orders")
    await cluster.aclose()
    await desk.messages.do("newest", {})
    assert "closed" in desk.messages.failure
    assert not any(isinstance(section, LinesSection) for section in desk.messages.sections)
