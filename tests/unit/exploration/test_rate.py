"""Events per time bucket: counted in SQL, by any text column, drawn as stacked bars."""

from __future__ import annotations

from datetime import timedelta

import plotly.io
import pyarrow as pa
import pytest
from snapshot_rows import T_MS, body, raw_records

from workbench.errors import QueryError, UnknownTopicError
from workbench.exploration import event_rate
from workbench.model.records.columns import RECORD


def rate(store, by="event_type", **options):
    shown = []
    given = {"topics": None, "every": None, "viewer": shown.append, **options}
    return event_rate(store, by, **given), shown


def test_events_are_counted_by_type_and_bucket(store, fill):
    fill(raw_records(0, 100))
    found, _ = rate(store, every=timedelta(milliseconds=50))
    assert found.frame.columns.tolist() == ["at", "event_type", "events"]
    assert found.frame["events"].tolist() == [25, 25, 25, 25]
    assert str(found.frame["at"].dtype) == "datetime64[us, UTC]"
    assert found.totals["event_type"].tolist() == ["order.paid", "order.placed"]


def test_the_width_is_round_and_gives_few_buckets(store, fill):
    fill(raw_records(0, 500))
    found, _ = rate(store)
    assert found.width_ms == 10
    assert found.frame["at"].nunique() == 50
    assert "500 events in 50 buckets of 10 ms" in repr(found)


@pytest.mark.parametrize(("by", "values"), [("topic", {"orders", "other"}), ("source", {"shop"}), (None, None)])
def test_any_text_column_or_none(store, fill, by, values):
    fill(raw_records(0, 10))
    fill(raw_records(0, 10), topic="other", capture_id="c2")
    found, _ = rate(store, by)
    assert found.frame["events"].sum() == 20
    assert values is None or set(found.frame[by]) == values
    assert len(rate(store, by, topics="oth*")[0].frame) < 20


def test_times_outside_the_calendar_are_counted_and_values_that_are_missing_are_none(store, fill):
    rows = raw_records(0, 4).to_pylist()
    rows[1]["timestamp_ms"], rows[2]["timestamp_ms"], rows[3]["value"] = 2**63 - 1, -5, b"no JSON"
    fill(pa.Table.from_pylist(rows, schema=RECORD))
    found, _ = rate(store)
    assert found.untimed == 2
    assert set(found.frame["event_type"]) == {"order.paid", "none"}
    assert "2 events outside the calendar" in repr(found)


def test_the_chart_draws_the_frequent_values_and_folds_the_others(store, fill, monkeypatch):
    monkeypatch.setattr(plotly.io.renderers, "default", "plotly_mimetype")
    rows = raw_records(0, 60).to_pylist()
    for n, row in enumerate(rows):
        row["value"] = body(n, event_type=f"<b>type-{min(n, 14)}</b>")
    fill(pa.Table.from_pylist(rows, schema=RECORD))
    found, shown = rate(store)
    names = [bar.name for bar in found.figure().data]
    assert len(names) == 11
    assert names[-1] == "5 other values"
    assert names[0] == "&lt;b&gt;type-14&lt;/b&gt;"
    assert sum(sum(bar.y) for bar in found.figure().data) == 60
    assert "<b>" not in found._repr_html_()
    assert found.plot() is None
    [figure] = shown
    bundle = figure._repr_mimebundle_()
    assert "data:image/svg+xml" in bundle["text/html"]
    assert bundle["text/plain"] == repr(found)


def test_long_names_keep_the_end_in_which_they_differ(store, fill):
    rows = raw_records(0, 4).to_pylist()
    for n, row in enumerate(rows):
        row["value"] = body(n, event_type=f"com.example.{'shop.' * 20}orders.v{n}")
    fill(pa.Table.from_pylist(rows, schema=RECORD))
    names = [bar.name for bar in rate(store)[0].figure().data]
    assert [name[-9:] for name in names] == [f"orders.v{n}"[-9:] for n in range(4)]
    assert {len(name) for name in names} == {40}


def test_an_empty_snapshot_has_no_rate(store):
    found, _ = rate(store)
    assert repr(found) == "No event."
    assert len(found.figure().data) == 0
    assert "No event." in found._repr_html_()


@pytest.mark.parametrize(
    ("by", "options", "said"),
    [
        ("event type", {}, "is no column to count by; there are topic"),
        ("causes", {}, "is no column"),
        ("topic", {"every": timedelta(0)}, "a millisecond or more"),
        ("topic", {"every": timedelta(seconds=-1)}, "a millisecond or more"),
    ],
)
def test_what_cannot_be_counted_is_refused(store, fill, by, options, said):
    fill(raw_records(0, 3))
    with pytest.raises(QueryError, match=said):
        rate(store, by, **options)


def test_buckets_are_not_more_than_can_be_drawn(store, fill):
    rows = raw_records(0, 2).to_pylist()
    rows[1]["timestamp_ms"] = T_MS + 10**9
    fill(pa.Table.from_pylist(rows, schema=RECORD))
    with pytest.raises(QueryError, match="give a wider one"):
        rate(store, every=timedelta(milliseconds=1))


def test_a_topic_that_is_not_there_is_an_error(store, fill):
    fill(raw_records(0, 2))
    with pytest.raises(UnknownTopicError):
        rate(store, topics="order")
