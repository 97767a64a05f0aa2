"""Following topics through the HTTP proxy: in a table, chunk by chunk, and from the command line."""

from __future__ import annotations

import json

import pytest
from proxy_server import serving_proxy
from typer.testing import CliRunner

import workbench as wb
from workbench.bus.redpanda.proxy import HttpProxy
from workbench.cli import application
from workbench.config import http_proxy_settings
from workbench.errors import ConfigurationError, WindowError
from workbench.session.watching.via_proxy import follow_proxy
from workbench.testing import wait_until

WHAT_IS_MISSING = "via proxy: no headers, no times, null = empty, uncommitted"


@pytest.fixture
def server(monkeypatch):
    with serving_proxy() as state:
        monkeypatch.setenv("WORKBENCH_HTTP_PROXY_URL", state.url)
        state.create("orders", 2)
        state.write("orders", b'{"event_type": "placed"}', b"\xff", None, headers=((b"h", b"1"),))
        state.write("orders", b"other", partition=1)
        yield state


async def test_a_table_shows_the_records_and_says_what_is_missing(server, topic_name):
    async with await wb.connect(f"memory://{topic_name()}") as cluster:
        view = cluster.tail("ord*", via="proxy", start="start")
        await wait_until(lambda: view.stats.held == 4, what="the rows")
        assert view.stats.note.startswith(WHAT_IS_MISSING)
        assert "ends of 2 partitions found by trying offsets" in view.stats.note
        # How far it is behind nobody tells, so it is not said.
        assert (view.stats.state, view.stats.behind) == ("live", None)
        row = view.feed.window(0, 1)[0]
        detail = view.feed.record(row.identity)
        assert detail.headers == ()
        assert "not known" in dict(detail.facts)["time"]
        await view.feed.set_filter("where timestamp_ms is null and headers is null")
        assert view.stats.end == 4
        await view.feed.set_filter("where timestamp_ms is not null")
        assert view.stats.end == 0
        await view.feed.set_filter("")
        server.write("orders", b"new", partition=1)
        await wait_until(lambda: view.stats.held == 5, what="the new row", timeout_s=30)
        with pytest.raises(ConfigurationError, match='via="kafka"'):
            cluster.tail("orders", via="carrier pigeon")


async def test_the_client_of_a_connection_is_as_writable_as_the_connection(server, topic_name):
    async with await wb.connect(f"memory://{topic_name()}") as cluster:
        assert await cluster.http_proxy.topics() == ["orders"]
        with pytest.raises(ConfigurationError, match="read-only"):
            cluster.http_proxy.consumer("g")
    async with await wb.connect(f"memory://{topic_name()}", write=True, reason="test") as cluster:
        assert not cluster.http_proxy.read_only


async def test_without_a_proxy_the_setting_is_named(topic_name):
    async with await wb.connect(f"memory://{topic_name()}") as cluster:
        with pytest.raises(ConfigurationError, match="http_proxy_url"):
            cluster.tail("orders", via="proxy")


async def rows(proxy, **options):
    notes = []
    found = []
    async for chunk in follow_proxy(proxy, "orders", stop_at_end=True, note=notes.append, **options):
        found += chunk.records.to_pylist()
    return found, notes


@pytest.mark.parametrize(
    ("start", "offsets"),
    [("start", [0, 0, 1, 2]), ("-1", [0, 2]), ("+1", [1, 2]), ("end", []), (0, [0, 0, 1, 2])],
)
async def test_bounds(server, start, offsets):
    found, notes = await rows(server.url, start=start)
    assert sorted(row["offset"] for row in found) == offsets
    assert notes == [WHAT_IS_MISSING]


async def test_times_and_groups_are_refused(server):
    async with HttpProxy(http_proxy_settings()) as proxy:
        for start in ("-15m", "group:billing"):
            with pytest.raises(WindowError, match="does not tell"):
                await rows(proxy, start=start)


async def test_a_log_without_offset_0_needs_an_offset(server):
    server.delete_before("orders", 1)
    with pytest.raises(ConfigurationError, match="start=OFFSET"):
        await rows(server.url, start="end", partitions=[0])
    server.write("orders", b"x", b"y", partition=1)
    found, _ = await rows(server.url, start=2)
    assert sorted((row["partition"], row["offset"]) for row in found) == [(0, 2), (1, 2)]


def test_the_command_line_needs_no_broker(server):
    arguments = ["tail", "orders", "-b", server.url, "--via", "proxy", "-o", "start", "-e", "-p", "0"]
    done = CliRunner().invoke(application(), [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["offset"] for row in found] == [0, 1, 2]
    assert found[0]["timestamp_ms"] is found[0]["timestamp_type"] is found[0]["headers"] is None
    assert WHAT_IS_MISSING in done.stderr
    lines = CliRunner().invoke(application(), arguments).stdout.splitlines()
    assert "orders/0@0" in lines[0]
    layout = CliRunner().invoke(application(), [*arguments, "-f", "%o|%T|%h|%k\\n"]).stdout
    assert layout.splitlines()[0] == "0|||"
    wrong = CliRunner().invoke(application(), ["tail", "orders", "-b", server.url, "--via", "x"])
    assert wrong.exit_code != 0
