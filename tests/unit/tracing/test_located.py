"""Answers say where their events are: to a replay by positions, to a search and a tail by a condition."""

from __future__ import annotations

import duckdb
from order_flow import scenario
from traces import flow

from workbench.model.causation import EventPosition
from workbench.tracing.located import where_text

PLACES = [
    EventPosition(0, "o'rders", 0, 3),
    EventPosition(0, "o'rders", 0, 4),
    EventPosition(0, "o'rders", 0, 5),
    EventPosition(0, "o'rders", 0, 6),
    EventPosition(0, "o'rders", 0, 9),
    EventPosition(1, "paid", 2, 0),
]


def test_positions_are_written_as_a_condition_that_means_them_and_nothing_else():
    text = where_text([*PLACES[::-1], PLACES[0]])
    assert '("offset" IN (9) OR "offset" BETWEEN 3 AND 6)' in text
    names = """(VALUES ('o''rders'), ('paid')) AS t(topic), range(3) AS p("partition"), range(12) AS o("offset")"""
    rows = duckdb.sql(f'SELECT topic, "partition", "offset" FROM {names} WHERE {text} ORDER BY ALL').fetchall()
    assert rows == [place[1:] for place in PLACES]
    assert where_text([]) == "false"


def test_every_answer_about_events_has_positions():
    trace = scenario("k1")
    everything = set(trace.positions())
    assert trace.where().count('"offset"') >= 1
    path = trace.critical_path()
    assert [place.offset for place in path.positions()] == [
        trace.frame.set_index("key").loc[key, "offset"] for key in path.path
    ]
    assert set(trace.query('{type = "PA"}').positions()) < everything
    wrong = flow()
    found = wrong.findings()
    assert found.positions()
    assert set(found.positions()) <= set(wrong.positions())
    known = [{"rule": rule, "reason": "known"} for rule in found.frame["rule"]]
    assert wrong.findings(known=known).positions() == ()
    assert trace.unfinished().positions() == ()
    assert [found.summary, path.summary, trace.unfinished().summary] == [
        "findings of the whole snapshot", "critical path", "unfinished events",
    ]  # fmt: skip
