"""Traces as users hold them: hostile text, emptiness, size, real spans."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from decoded_events import event_table
from traces import flow, trace_of

from workbench.errors import ConfigurationError, UnknownEventError
from workbench.model.causation import TRACE_LAYOUTS
from workbench.tracing.flows import flows
from workbench.tracing.query import query
from workbench.tracing.trace import Trace
from workbench.tracing.views import TraceViews

SPANS = Path(__file__).resolve().parents[4] / "shared/data/online-boutique-2022-08-22/spans.csv.gz"

HOSTILE = '<img src=x onerror=alert(1)>"];\x1b[2J\u202e;%%{init}%%#`\n'


def test_hostile_text_is_shown_and_never_obeyed():
    long_id = "i" * 10_000
    table = event_table(
        [
            {"event_id": long_id, "t": 1, "event_type": HOSTILE, "source": HOSTILE, "correlation_id": HOSTILE},
            {"event_id": HOSTILE, "t": 2, "topic": HOSTILE, "causes": [long_id]},
            {"event_id": HOSTILE, "t": 3, "causes": [long_id]},
            {"event_id": "x", "t": 4, "causes": [HOSTILE, HOSTILE + "gone"]},
        ],
    )
    graph = trace_of(table, provenance=HOSTILE)
    for text in (repr(graph), graph.mermaid(), repr(graph.select(correlation_id=HOSTILE)), graph._repr_html_()):
        assert not set(text) & set("\x1b\u202e\u0007")
        assert max(map(len, text.splitlines())) < 700
    assert "(10,000 characters)" in repr(graph)
    assert r"\x1b[2J\u202e" in repr(graph)
    chart = graph.mermaid()
    assert not set(chart) & set("<>`&;") - set("<>;")
    assert "<img" not in chart
    assert "<img" not in graph._repr_html_()
    labels = [line.split('["')[1].removesuffix('"]') for line in chart.splitlines() if '["' in line]
    assert labels
    assert all(not set(label) & set('"[]{}|<>`&%') for label in labels)


def test_a_trace_draws_itself_by_its_viewer_and_hands_it_to_its_parts():
    drawn = []
    trace = Trace(flow().data, viewer=lambda views, **options: drawn.append((views.view(), options)))
    trace.show(layout="layered")
    trace.select(correlation_id="k3").show()
    trace.ancestors("d").descendants("a").show()
    assert [view.header.events_total for view, _ in drawn] == [6, 2, 2]
    assert drawn[0][1] == {"layout_name": "layered"}
    with pytest.raises(ConfigurationError, match=r"snap\.trace"):
        flow().show()


def test_counts_of_a_trace_add_up():
    trace = flow()
    assert trace.records == len(trace) + len(trace.copies) == 7
    assert trace.accounting == {"edge": 4, "unresolved": 2}
    assert sum(trace.fragments["events"]) == len(trace)
    assert trace.select(correlation_id="k1").summary == "correlation k1"
    assert trace.select(event_id="d").summary == "event d"
    assert trace.ancestors("d").summary == "ancestors of d"


def test_empty_and_single():
    empty = trace_of(event_table([]))
    assert len(empty) == 0
    assert "0 events (0 records)" in repr(empty)
    for name in ("frame", "edges", "unresolved", "copies", "virtual", "problems", "outside", "fragments", "roots"):
        frame = getattr(empty, name)
        assert len(frame) == 0
        assert frame.dtypes.to_dict() == getattr(flow(), name).dtypes.to_dict(), name
    assert empty.positions() == ()
    one = trace_of(event_table([{"event_id": "a"}]))
    assert one.frame["kind"].to_list() == ["unlinked"]
    assert "no time" in repr(one)


def chain_table(count: int, causes_of: np.ndarray) -> pa.Table:
    """A table of ``count`` events, the cause of each given by number, -1 for none."""
    one = event_table([{"event_id": "e", "event_type": "A", "source": "s", "convention": "p", "cause_state": "root"}])
    table = pa.concat_tables([one.slice(0, 1)] * 1).take(pa.array(np.zeros(count, dtype=np.int64)))
    names = pa.array([f"e{i}" for i in range(count)])
    caused = np.flatnonzero(causes_of >= 0)
    entries = pa.StructArray.from_arrays(
        [
            pa.array(["event_id"] * len(caused)),
            names.take(pa.array(causes_of[caused])),
            pa.array(["via"] * len(caused)),
            pa.array(np.zeros(len(caused), dtype=np.int32)),
        ],
        fields=list(table.schema.field("causes").type.value_type),
    )
    starts = np.concatenate([[0], np.cumsum(causes_of >= 0)]).astype(np.int32)
    columns = {
        "event_id": names,
        "offset": pa.array(np.arange(count)),
        "event_time": pa.array(np.arange(count), pa.timestamp("us")),
        "causes": pa.ListArray.from_arrays(pa.array(starts), entries),
    }
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def test_a_chain_of_200_000_events():
    count = 200_000
    graph = trace_of(chain_table(count, np.arange(count) - 1))
    assert graph.data.structure.depth[-1] == count - 1
    assert graph.data.structure.fragments == 1
    assert set(graph.data.structure.root.tolist()) == {0}
    assert len(graph.descendants("e0")) == count - 1
    assert len(graph.ancestors("e199999")) == count - 1
    text = repr(graph)
    assert len(text.splitlines()) < 80
    assert "199,983 more events" in text


def test_a_chain_that_closes_on_itself():
    count = 50_000
    graph = trace_of(chain_table(count, np.roll(np.arange(count), 1)))
    assert len(graph.cycles) == 1
    assert len(graph.cycles[0]) == count
    assert graph.layout_breaks[["cause", "effect"]].to_numpy().tolist() == [["e49999", "e0"]]
    assert graph.data.structure.depth.max() == count - 1
    assert graph.frame["kind"].unique().tolist() == ["inner"]


def test_a_fan_out_of_20_000_effects():
    causes_of = np.zeros(20_001, dtype=np.int64)
    causes_of[0] = -1
    graph = trace_of(chain_table(20_001, causes_of))
    assert graph.frame["effects"].iloc[0] == 20_000
    assert "19,988 more effects like these" in repr(graph)
    assert len(graph.descendants("e0").fragments) == 20_000


def test_times_of_handling_beyond_the_calendar_are_no_reason_to_fail():
    last = 2**63 - 1
    graph = trace_of(event_table([{"event_id": "a", "t": 5, "started": last, "ended": -last}]))
    assert "A a" not in repr(graph)
    assert repr(graph).splitlines()[-1] == "(no type) a  t/0@0  1970-01-01 00:00:00.000005Z  [unlinked]"


def test_all_causes_missing():
    count = 5_000
    table = event_table(
        [{"event_id": f"e{i}", "t": i, "causes": [f"x{i}"], "correlation_id": "k"} for i in range(count)],
    )
    graph = trace_of(table)
    assert len(graph.roots) == 0
    assert len(graph.fragments) == count
    assert graph.unresolved["reason"].value_counts().to_dict() == {"missing": count}


YEAR_1, YEAR_9999 = -62_135_596_800_000_000, 253_402_300_799_999_999
LONG = "i" * 10_000


def event(name, t, causes=(), **more):
    said = {"correlation_id": "k", "event_type": "A", "source": "s"}
    return {"event_id": name, "t": t, "causes": list(causes), **said, **more}


BAD = {
    "empty": [],
    "one event": [event("a", 1)],
    "all causes missing": [event(f"e{n}", n, [f"x{n}"]) for n in range(9)],
    "one cycle": [event(f"e{n}", n, [f"e{(n - 1) % 9}"]) for n in range(9)],
    "long ids": [event(f"{LONG}{n}", n, [f"{LONG}{n - 1}"] if n else [], correlation_id=LONG) for n in range(3)],
    "hostile text": [event(f"{HOSTILE}{n}", n, [f"{HOSTILE}{n - 1}"], event_type=HOSTILE, source=HOSTILE)
                     for n in range(3)],
    "no ids": [{"topic": "t"} for _ in range(3)],
    "one id": [event("a", n, value=b"1") for n in range(3)] + [event("a", 9, value=b"2", partition=1)],
    "ends of the calendar": [event("a", YEAR_1), event("b", YEAR_9999, ["a"]), event("c", 5, ["b"])],
    "no times": [event("a", None), event("b", 5, ["a"]), event("c", None, ["b"])],
}  # fmt: skip
"""The rows of section 17."""

ASKED = {
    "tree": lambda trace: trace,
    "path": lambda trace: trace.critical_path(),
    "sections": lambda trace: trace.critical_path(method="sections"),
    "clock": lambda trace: trace.clock(),
    "contained": lambda trace: trace.contained(),
    "waiting": lambda trace: trace.waiting(),
    "findings": lambda trace: trace.findings(),
    "diff": lambda trace: trace.diff(trace),
    "map": lambda trace: trace.type_map(corrected=True),
    "follows": lambda trace: trace.directly_follows(),
    "variants": lambda trace: trace.variants(),
    "late": lambda trace: trace.timing_profile(1).late(trace.data),
    "unfinished": lambda trace: trace.unfinished(min_n=1, min_share=0.1, min_alternative=1),
    "flows": lambda trace: flows(trace.data),
    "sequence": lambda trace: trace.sequence(),
    "query": lambda trace: query(trace.data, "{} >> {hop >= 0us} | select(t, hop, since_root, kind, root.type)"),
    **{layout: lambda trace, layout=layout: trace.svg(layout) for layout in TRACE_LAYOUTS},
}


@pytest.mark.parametrize("rows", BAD)
def test_bad_input_has_a_readable_answer_to_every_question(rows):
    trace = trace_of(event_table(BAD[rows]))
    refused = {}
    for name, asked in ASKED.items():
        try:
            answer = asked(trace)
        except UnknownEventError as error:
            refused[name] = str(error)
            continue
        markup = answer if isinstance(answer, str) else answer._repr_html_()
        assert "<img" not in markup, name
        for text in (markup, repr(answer)):
            assert not set(text) & set("\x1b\u202e"), name
            assert name in TRACE_LAYOUTS or max(map(len, text.splitlines()), default=0) < 900, name
        assert isinstance(answer, str) or answer.csv(), name
    assert list(refused) == (["path"] if rows == "no ids" else [])
    assert "has no time" in refused.get("path", "has no time")


def test_the_answers_that_section_17_names():
    made = {name: trace_of(event_table(rows)) for name, rows in BAD.items()}
    one = made["one event"]
    assert (one.frame["kind"].to_list(), one.critical_path().path, len(one.critical_path().hops)) == (
        ["unlinked"], ("a",), 0,
    )  # fmt: skip
    missing = made["all causes missing"]
    assert missing.fragments["events"].to_list() == [1] * 9
    found = missing.findings().frame.set_index("rule")
    assert found.loc["missing_cause", "n"] == 9
    assert set(missing.frame["kind"]) == {"orphan"}
    cycle = made["one cycle"]
    assert [len(members) for members in cycle.cycles] == [9]
    assert cycle.critical_path().path == tuple(f"e{n}" for n in range(9))
    assert made["long ids"].frame["key"].str.len().to_list() == [10_001] * 3
    assert made["no ids"].frame["key"].to_list() == ["@t/0/0", "@t/0/1", "@t/0/2"]
    assert made["one id"].copies["kind"].to_list() == ["retry", "retry", "collision"]
    calendar = made["ends of the calendar"]
    assert calendar.frame["t"].dt.year.to_list() == [1, 1970, 9999]
    assert calendar.frame["hop_us"].to_list()[1:] == [5 - YEAR_9999, YEAR_9999 - YEAR_1]
    untimed = made["no times"].frame.set_index("key")
    assert untimed.loc[["a", "c"], "t"].isna().all()
    assert untimed.loc[["a", "b", "c"], "depth"].to_list() == [0, 1, 2]
    assert untimed["hop_us"].isna().all()


def test_a_fan_out_of_100_000_is_folded_and_counted():
    count = 100_000
    causes_of = np.zeros(count + 1, dtype=np.int64)
    causes_of[0] = -1
    trace = trace_of(chain_table(count + 1, causes_of))
    assert len(trace.critical_path().path) == 2
    view = TraceViews(trace.data).view(layout="layered")
    assert sum(node.events for node in view.nodes) == count + 1
    assert len(view.nodes) < 20
    assert "100,001 events" in view.text


@pytest.mark.skipif(not SPANS.exists(), reason="../shared/data/online-boutique-2022-08-22 is not here")
def test_the_spans_of_a_real_shop():
    with gzip.open(SPANS, "rt", newline="") as file:
        spans = list(csv.DictReader(file))
    rows = [
        {
            "event_id": span["SpanID"],
            "correlation_id": span["TraceID"],
            "causes": [] if span["ParentID"] == "root" else [span["ParentID"]],
            "cause_state": "root" if span["ParentID"] == "root" else "declared",
            "event_type": span["OperationName"],
            "source": span["PodName"],
            "t": int(span["StartTimeUnixNano"]) // 1000,
        }
        for span in spans
    ]
    graph = trace_of(event_table(rows))
    assert len(graph) == 5_321
    assert len(graph.unresolved) == 0
    assert graph.accounting == {"edge": 5_321 - 116}
    assert graph.data.structure.fragments == 116
    assert (graph.fragments["events"].min(), graph.fragments["events"].max()) == (1, 85)
    assert len(graph.roots) == 116
    assert graph.frame["correlation_id"].nunique() == 116
    assert graph.frame["event_type"].nunique() == 43
    assert graph.frame["source"].nunique() == 10
    trace = graph.select(correlation_id=graph.fragments.sort_values("events")["first_event"].map(
        graph.frame.set_index("key")["correlation_id"],
    ).iloc[-1])  # fmt: skip
    assert len(trace) == 85
    assert len(trace.outside) == 0
    assert len(trace.cycles) == 0
