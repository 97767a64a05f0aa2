"""What is selected or found is stored in a snapshot and planned as a replay; nothing is sent."""

from __future__ import annotations

import pytest

from workbench.replay.options import Options


@pytest.fixture
async def explorer(cluster):
    made = cluster.explore()
    yield made
    made.close()


async def test_a_selected_record_is_planned(explorer, tmp_path, cluster):
    pane = next(one for one in explorer.feed.panes if one.name == "replay")
    await pane.do("plan", {"what": "the selected record", "file": str(tmp_path / "r.duckdb"), "to": "payments"})
    assert "Nothing to replay" in pane.failure
    await explorer.select("orders/1@39")
    await pane.do("plan", {"file": ""})
    assert "Name a snapshot file" in pane.failure
    await pane.do("plan", {"file": str(tmp_path / "r.duckdb")})
    assert pane.failure == ""
    assert "1 record: stored in" in pane.note
    panel = explorer.children[-1]
    assert panel.plan.records == 1
    assert panel.plan.target == "payments"
    before = len(await cluster.page("payments", end="end", count=1_000))
    assert before == 40


async def test_the_options_of_a_replay_are_chosen(explorer, tmp_path):
    pane = next(one for one in explorer.feed.panes if one.name == "replay")
    await explorer.select("orders/1@39")
    form = {
        "file": str(tmp_path / "r.duckdb"),
        "to": "payments",
        "ids": "new",
        "timestamps": "now",
        "partitions": "murmur2",
    }
    await pane.do("plan", {**form, "records_per_s": "50", "create_target": "yes"})
    assert pane.failure == ""
    options = explorer.children[-1].source._plan.options
    assert (options.ids, options.timestamps, options.partitions.policy) == ("new", "now", "murmur2")
    assert (options.records_per_s, options.create_target, options.allow_same_topic) == (50, True, False)
    await pane.do("plan", {**form, "file": str(tmp_path / "s.duckdb"), "records_per_s": "many"})
    assert "records_per_s" in pane.failure
    usual = {field.name: field.value for field in pane.inputs if field.kind == "choice"}
    assert usual["headers"] == Options().headers


async def test_what_a_search_found_is_planned(explorer, tmp_path):
    search = explorer.feed.search
    await search.do("search", {"topics": "orders", "start": "start", "end": "end", "limit": "100", "words": "step.2"})
    pane = next(one for one in explorer.feed.panes if one.name == "replay")
    await pane.do("plan", {"what": "what the search found", "file": str(tmp_path / "f.duckdb"), "to": ""})
    assert pane.failure == ""
    assert explorer.children[-1].plan.records == len(search.found)
