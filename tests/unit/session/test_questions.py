"""Questions to a snapshot: each reaches its answer, with records behind it; traces that join spans and records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from golden_vectors import record_batch
from snapshot_rows import T_MS, Filler, raw_records
from span_files import TRACE, attribute, otlp, otlp_span

import workbench as wb
from workbench.decoding import Decoder
from workbench.errors import ConfigurationError, TableError, UnknownTopicError, ValidationError, WindowError
from workbench.lag.history import groups_of_topics, write_rounds
from workbench.model import Record, TimestampType
from workbench.model.lag import CommitSample, LagRound, OffsetSample
from workbench.session.snapshot import Snapshot
from workbench.store import SnapshotStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_STARTED_FROM = "MT-InitiatingConversationId"


def correlation(number: int) -> str:
    return f"00000000-0000-4000-9000-{number:012d}"


@pytest.fixture
def snap(tmp_path: Path) -> Iterator[Snapshot]:
    store = SnapshotStore.open(tmp_path / "incident.duckdb", write=True)
    Filler(store, Decoder())(raw_records(0, 32))
    with Snapshot(store) as opened:
        yield opened


def test_each_question_has_an_answer(snap):
    assert snap.findings().events("several_roots")[:1] == ["00000000-0000-4000-8000-000000000000"]
    known = snap.findings(known=[{"rule": "several_roots", "reason": "the shop sends no causes"}])
    assert known.frame["known"].to_list() == known.frame["n"].to_list() == [32]
    assert snap.type_map("topic").types["name"].to_list() == ["orders"]
    assert snap.directly_follows().frame["n"].sum() == 24
    assert snap.variants().frame["n"].to_list() == [8]
    assert snap.timing_profile().frame.empty
    assert snap.unfinished("@2026-11-24T00:00:00Z").frame.empty
    with pytest.raises(WindowError):
        snap.unfinished("start")


def test_a_conversation_of_masstransit_that_says_where_it_was_started_is_no_break(tmp_path):
    old, declared, silent, wrong, order, *messages = (f"00000000-0000-4000-8000-{number:012d}" for number in range(9))
    stated = [(old, {}), (declared, {_STARTED_FROM: old.upper()}), (silent, {}), (wrong, {_STARTED_FROM: silent})]
    rows = [
        {
            "messageId": message, "messageType": ["urn:message:Shop:Placed"], "message": {}, "headers": headers,
            "conversationId": conversation, "correlationId" if conversation == old else "initiatorId": order,
        }
        for message, (conversation, headers) in zip(messages, stated, strict=True)
    ]  # fmt: skip
    records = [
        Record("orders", 0, n, T_MS + n, TimestampType.CREATE, None, json.dumps(row).encode(), ())
        for n, row in enumerate(rows)
    ]
    store = SnapshotStore.open(tmp_path / "orders.duckdb", write=True)
    Filler(store, Decoder())(record_batch(records))
    with Snapshot(store) as snap:
        assert snap.graph.edges.query("used")["cause"].to_list() == [messages[0]] * 3
        assert snap.findings().events("correlation_break") == messages[2:]


def test_a_diff_compares_payloads_of_its_records(snap):
    found = snap.diff(correlation(0), correlation(1))
    assert found.same
    assert found.compared == "4 pairs compared, without ids and times"
    assert set(found.payload["path"]) == {"payload.n"}
    assert snap.diff([correlation(0), correlation(2)], snap.graph).traces == (2, 8)
    assert snap.diff(correlation(0), correlation(1), ignore=["payload"]).payload.empty


def test_a_comparison_ranks_fields_and_payload_paths(snap):
    found = snap.compare("event_type = 'order.paid'", exclude=[".event_type"])
    best = found.frame.iloc[0]
    assert (best["attribute"], best["score"]) == ("event_type", 1.0)
    assert found.rows == (16, 16)
    assert "where event_type = 'order.paid' (16 rows) against the rest (16 rows)" in repr(found)
    assert snap.compare(snap.trace(correlation_id=correlation(0)), "partition = 0").rows == (4, 32)
    with pytest.raises(ConfigurationError, match=r"rows='flows' is not known\. Choose events, traces"):
        snap.compare("true", rows="flows")
    with pytest.raises(ValidationError, match="Records are selected by an SQL condition"):
        snap.compare(5)
    with pytest.raises(ValidationError, match="The baseline is empty"):
        snap.compare("true")


def test_traces_are_compared_by_their_roots_and_figures(snap):
    found = snap.compare('"offset" < 4', rows="traces")
    assert found.rows == (1, 7)
    assert {"events", "depth", "failures", "root topic"} <= set(found.values["attribute"])


def test_comparing_many_events_takes_evenly_spread_ones(snap, monkeypatch):
    monkeypatch.setattr("workbench.session.populations.SAMPLE", 5)
    found = snap.compare("event_type = 'order.paid'")
    assert found.rows == (5, 5)
    assert "5 evenly spread ones on a side at most" in repr(found)


def test_state_folds_the_records_of_a_topic_or_a_trace(snap):
    found = snap.state("orders")
    assert found.as_of["k1"]["payload"] == {"n": 1}
    assert len(found.as_of) == 21, "records without a key have no state"
    total = snap.trace(correlation_id=correlation(0)).state(
        fold=lambda state, event: (state or 0) + event.value["payload"]["n"]
    )
    assert total.as_of == {"k1": 1, "k2": 2}
    assert snap.state("orders", at="@2026-01-01T00:00:00Z").as_of == {}
    with pytest.raises(UnknownTopicError, match="The snapshot has no topic nope; it has orders"):
        snap.state("nope")


def test_state_of_a_topic_that_is_there_twice_has_no_order(snap):
    Filler(snap.store, Decoder())(raw_records(0, 2), capture_id="c2")
    with pytest.raises(TableError, match="The snapshot has 2 topics orders, of several clusters or made anew"):
        snap.state("orders")


def test_waiting_reads_the_commits_that_were_stored_with_the_lag(snap):
    taken = LagRound(
        round_id=1, cluster_id="cid", started_at_ms=T_MS, low_at_ms=T_MS, committed_at_ms=T_MS, high_at_ms=T_MS,
        finished_at_ms=T_MS, interval_ms=None, offsets=(OffsetSample("orders", 0, 0, 32, 32, None),),
        commits=(CommitSample("billing", "orders", 0, 7),), groups=(),
    )  # fmt: skip
    assert groups_of_topics(snap.store) is None
    write_rounds(snap.store, [taken])
    assert groups_of_topics(snap.store) == {"orders": ["billing"]}
    positions = snap.committed_positions("billing")
    assert positions[["topic", "partition", "committed"]].to_numpy().tolist() == [["orders", 0, 7]]
    assert positions["time_us"].to_list() == [T_MS * 1000]
    assert "by the commits of billing" in repr(snap.waiting("billing", correlation_id=correlation(0)))
    assert snap.waiting().group is None


def test_spans_and_records_join_by_trace_context_and_by_position(snap, tmp_path):
    place = [attribute("messaging.destination.name", "orders"), attribute("messaging.destination.partition.id", "0")]
    reader = otlp_span(2, 3, 4, 1, kind=5, attributes=[*place, attribute("messaging.kafka.offset", 7)])
    path = tmp_path / "spans.json"
    path.write_bytes(otlp(otlp_span(1, 1, 2, kind=4), reader))
    joined = wb.open_trace(path, snapshot=snap)
    assert len(joined) == 34
    edges = joined.edges[joined.edges["kind"] == "span"]
    assert edges["cause"].to_list() == ["00000000-0000-4000-8000-000000000007"]
    assert len(wb.open_trace(path, snapshot=snap, records_only=True)) == 32
    assert json.loads(path.read_text())["resourceSpans"]
    assert TRACE in joined.frame["correlation_id"].to_list()


def test_answers_draw_themselves_with_the_records_of_the_snapshot(snap: Snapshot) -> None:
    drawn = {
        "diff": snap.diff(correlation(0), correlation(1)).show(),
        "map": snap.type_map("topic").show(),
        "state": snap.state_fold("orders").show(height=300),
    }
    try:
        for layout, view in drawn.items():
            html = view.snapshot().html()
            assert "<img" in html
            assert view.snapshot().text
            assert view.source.view().layout == layout
    finally:
        for view in drawn.values():
            view.close()
