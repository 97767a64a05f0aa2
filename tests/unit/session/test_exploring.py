"""An explorer belongs to its cluster: made by it, replaced by the next one, ended with it; views are opened."""

from __future__ import annotations

import asyncio

import pytest

import workbench as wb
from workbench.errors import ConfigurationError, UnknownTopicError
from workbench.model import NewRecord


@pytest.fixture
async def cluster(topic_name):
    async with await wb.connect(f"memory://{topic_name('explore')}", write=True, reason="test") as opened:
        await opened.log.create_topic("orders")
        async with opened.log.writer() as writer:
            await writer.send([NewRecord("orders", b"k", b'{"n": 1}')])
        yield opened


async def until(condition):
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.005)
    pytest.fail("the condition did not come true")


def explorers(cluster):
    return [name for name in cluster.tasks.running if name.startswith("explorer of")]


async def test_a_new_explorer_replaces_the_former(cluster):
    first = cluster.explore()
    second = cluster.explore(height=200, pane="search")
    await until(lambda: len(explorers(cluster)) == 1)
    assert first.comm is None
    assert (second.view.pane, second.view.height, second.cluster) == ("search", 200, cluster)
    await second.select("orders/0@0")
    await second.select("orders")
    with pytest.raises(UnknownTopicError):
        await second.select("nowhere")
    assert (second.topic, second.record) == ("orders", "orders/0@0")
    assert "orders/0@0" in second.snapshot().text
    second.close()
    await until(lambda: not explorers(cluster))


async def test_a_wrong_option_ends_nothing(cluster):
    first = cluster.explore()
    with pytest.raises(TypeError, match="no option"):
        cluster.explore(colour="red")
    with pytest.raises(ConfigurationError, match="has no view 'nowhere'"):
        cluster.explore(view="nowhere")
    assert first.comm is not None
    first.close()


async def test_a_saved_view_is_opened(cluster, tmp_path, monkeypatch):
    path = tmp_path / "workbench.toml"
    path.write_text('[views.failed]\npane = "search"\ntopic = "orders"\ntopics = "orders"\nwords = "x"\nfilter = "ord"')
    monkeypatch.setenv("WORKBENCH_CONFIG", str(path))
    explorer = cluster.explore(view="failed")
    explorer.feed.resume()
    await until(lambda: explorer.feed.search.value("words") == "x")
    assert (explorer.view.pane, explorer.topic) == ("search", "orders")
    await explorer.feed.search.do("save", {})
    (lines,) = explorer.feed.search.sections
    assert lines.text.splitlines()[1:] == [
        'pane = "search"', 'topic = "orders"', 'filter = "ord"', 'topics = "orders"', 'words = "x"',
    ]  # fmt: skip
    explorer.close()


async def test_a_page_for_visitors_has_no_acts(cluster, monkeypatch):
    with_acts = cluster.explore()
    assert with_acts.feed.panes[-1].name == "acts"
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    assert "acts" not in [pane.name for pane in cluster.explore().feed.panes]


async def test_exploring_an_address_closes_what_it_opened(topic_name):
    explorer = await wb.explore(f"memory://{topic_name('own')}", pane="groups")
    cluster = explorer.cluster
    assert not cluster.writable
    explorer.close()
    await until(lambda: "closed" in repr(cluster))
    with pytest.raises(TypeError):
        await wb.explore(f"memory://{topic_name('own')}", colour="red")


async def test_what_is_masked_is_in_no_answer_and_no_picture(topic_name, tmp_path, monkeypatch):
    path = tmp_path / "workbench.toml"
    rule = 'topics = ["orders"]\naction = "replace"\nkey = true\npaths = ["card"]\nheaders = ["token"]'
    path.write_text(f"[[masking.rules]]\n{rule}")
    monkeypatch.setenv("WORKBENCH_CONFIG", str(path))
    async with await wb.connect(f"memory://{topic_name('masked')}", write=True, reason="test") as opened:
        await opened.log.create_topic("orders")
        async with opened.log.writer() as writer:
            value = b'{"card": "SECRET-1", "event_type": "paid", "event_id": "e1", "correlation_id": "c1"}'
            await writer.send([NewRecord("orders", b"SECRET-2", value, ((b"token", b"SECRET-3"),))])
        explorer = opened.explore()
        said: list[str] = []
        explorer.view.post = lambda content, buffers=(): said.append(repr(content) + repr(buffers))
        await explorer.select("orders")
        await explorer.select("orders/0@0")
        search = explorer.feed.search
        await search.do("search", {"topics": "orders", "words": "SECRET", "start": "start", "end": "end"})
        assert search.row_count == 0
        await search.do("search", {"words": "paid"})
        assert search.row_count == 1
        await explorer.feed.record_pane.do("trace", {})
        await explorer.feed.panes[-1].do("take", {})
        assert "are masked here" in explorer.feed.panes[-1].failure
        for pane in (*explorer.feed.panes, *explorer.feed.details):
            explorer.view._receive(None, {"kind": "content", "request": "r", "pane": pane.name}, [])
            explorer.view._receive(
                None, {"kind": "window", "request": "r", "pane": pane.name, "start": 0, "end": 50}, []
            )
        texts = [*said, *explorer.still.bundle().values(), repr(explorer)]
        assert len(said) >= 2 * len(explorer.feed.panes)
        assert any("paid" in text for text in texts)
        assert [text for text in texts if "SECRET-" in text] == []
        explorer.close()
