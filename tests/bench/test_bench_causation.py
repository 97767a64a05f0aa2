"""Causal graphs of 50k and 1M events (forests with joins), against a dict builder and DuckDB's own join.

``pytest tests/bench/test_bench_causation.py --benchmark-enable -s`` prints the ratios; without the switch each size
runs once, small, as a check that all three agree.
"""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from event_forests import forest

from workbench.tracing.drawing.view import causation_view
from workbench.tracing.graph import build_graph

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

pytestmark = pytest.mark.timeout(300)

SMALL = 2_000
SIZES = [50_000, 1_000_000]
READ = ["event_id", "causes", "event_time", "event_type", "source", "correlation_id"]


def whole_graph(table: pa.Table) -> tuple[int, int, int]:
    graph = build_graph(table)
    return len(graph.used_edges), int(graph.structure.depth.max()), graph.structure.fragments


def dict_builder(table: pa.Table) -> tuple[int, int, int]:
    """What one writes first: a dict of events, lists of causes, and loops for depth and fragments."""
    events = {row["event_id"]: row for row in table.select(READ).to_pylist()}
    edges = [
        (cause["value"], name) for name, row in events.items() for cause in row["causes"] if cause["value"] in events
    ]
    edges = list(dict.fromkeys(edges))
    effects: dict[str, list[str]] = {}
    waiting: dict[str, int] = {}
    leader = {name: name for name in events}

    def lead(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for cause, effect in edges:
        effects.setdefault(cause, []).append(effect)
        waiting[effect] = waiting.get(effect, 0) + 1
        leader[lead(cause)] = lead(effect)
    depth = dict.fromkeys(events, 0)
    queue = [name for name in events if name not in waiting]
    while queue:
        name = queue.pop()
        for effect in effects.get(name, ()):
            depth[effect] = max(depth[effect], depth[name] + 1)
            waiting[effect] -= 1
            if not waiting[effect]:
                queue.append(effect)
    return len(edges), max(depth.values()), len({lead(name) for name in events})


def duckdb_join(table: pa.Table) -> int:
    """The join of causes with events alone: no copies, depth, fragments or gaps."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.register("events", table.select(["event_id", "causes"]))
        found = connection.sql(
            "select distinct c.event_id cause, e.event_id effect "
            "from (select event_id, unnest(causes).value cause from events) e join events c on c.event_id = e.cause",
        ).to_arrow_table()
    return int(found.num_rows)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


@pytest.mark.parametrize("size", SIZES)
def test_building_the_graph(benchmark, size):
    table = forest(SMALL if benchmark.disabled else size)
    found = benchmark.pedantic(whole_graph, args=(table,), rounds=3 if size == SIZES[0] else 1, warmup_rounds=1)
    dict_s, by_dict = timed(lambda: dict_builder(table))
    join_s, joined = timed(lambda: duckdb_join(table))
    assert found == by_dict
    assert found[0] == joined
    if not benchmark.disabled:
        ours = benchmark.stats.stats.min
        benchmark.extra_info.update(
            seconds=round(ours, 2),
            dict_builder_to_ours=round(dict_s / ours, 2),
            ours_to_duckdb_join_alone=round(ours / join_s, 2),
            peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        )
        print(table.num_rows, benchmark.extra_info)  # noqa: T201 - a measurement is read by a person


def test_laying_out_500_of_50_000(benchmark):
    graph = build_graph(forest(SMALL if benchmark.disabled else SIZES[0]))
    assert len(graph.structure.depth)
    view = benchmark(causation_view, graph)
    assert sum(node.events for node in view.nodes) == len(graph)
