"""Options, drafts, order, placement, pace and sizes: the pure parts a plan is made of."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from replay_samples import NOW_MS, ORDERS, SCHEMA, draft, facts, row, table, topic

from workbench.errors import ConfigurationError, ValidationError
from workbench.model.dead_letters import is_dead_letter_topic
from workbench.replay import Draft, Options, join_decoded, make_plan
from workbench.replay.options import Partitions
from workbench.replay.plan.batches import BATCH_BYTES, BATCH_RECORDS, split
from workbench.replay.plan.pace import Limit, Pace
from workbench.replay.records.ordering import ordered
from workbench.replay.records.placement import place
from workbench.replay.records.sizes import batch_bytes, most_batch_bytes
from workbench.replay.target.names import default_name, resolve_targets


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"timestamp": "now"}, "Did you mean 'timestamps'?"),
        ({"max_record": 5}, "Did you mean 'max_records'?"),
        ({"speed": 4}, "The options are: accept_expiry"),
    ],
)
def test_an_unknown_keyword_names_the_likely_one(given, message):
    with pytest.raises(TypeError) as error:
        draft(**given)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "given",
    [
        {"mode": "stimulus"},
        {"ids": "new"},
        {"timestamps": "shift"},
        {"headers": "clean"},
        {"order": "random"},
        {"partitions": "sticky"},
        {"partitions": "fixed(-1)"},
        {"partitions": {0: -1}},
        {"partitions": {0.5: 1}},
        {"records_per_s": 0},
        {"records_per_s": "fast"},
        {"bytes_per_s": float("nan")},
        {"bytes_per_s": True},
        {"max_records": 0},
        {"max_records": True},
        {"max_hops": 6},
        {"skip_refused": "yes"},
        {"accept_groups": "billing"},
        {"accept_groups": [1]},
        {"on_error": "skip_record", "writer": "idempotent"},
    ],
)
def test_values_that_are_not_allowed(given):
    with pytest.raises(ConfigurationError):
        draft(**given)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"partitions": "crc32", "records_per_s": 2.5, "bytes_per_s": 1_000_000},
        {"partitions": "fixed(0)", "accept_groups": ["b", "a", "b"]},
        {"partitions": {2: 0, 0: 2}, "records_per_s": Fraction(1, 3)},
    ],
)
def test_options_survive_the_journal(given):
    options = Options.parse(given)
    assert Options.from_json(options.to_json()) == options


def test_replacing_options_keeps_the_selection():
    first = draft(max_hops=3)
    second = first.replace(timestamps="now")
    assert (second.options.max_hops, second.options.timestamps) == (3, "now")
    assert second.records is first.records
    assert first.options.timestamps == "keep"


def test_tables_that_are_no_selection():
    whole = table(row(1))
    with pytest.raises(ValidationError, match="no column headers"):
        Draft(whole.drop_columns(["headers"]), sources=[ORDERS])
    with pytest.raises(ValidationError, match="more than once"):
        Draft(table(row(1), row(1)), sources=[ORDERS])
    with pytest.raises(ValidationError, match="source 1"):
        Draft(whole, sources=[])
    with pytest.raises(ValidationError, match=r"Column offset .* is string"):
        Draft(whole.set_column(1, "offset", pa.array(["a"])), sources=[ORDERS])
    with pytest.raises(ValidationError, match="nothing to replay"):
        make_plan(Draft(SCHEMA.empty_table(), sources=[ORDERS]), facts())


def test_large_types_of_other_readers_are_taken():
    whole = table(row(1, headers=[(b"a", None)]))
    large = whole.set_column(5, "value", whole["value"].cast(pa.large_binary()))
    large = large.set_column(8, "cluster", whole["cluster"].cast(pa.large_string()))
    assert Draft(large, sources=[ORDERS]).records["value"].to_pylist() == [b"v1"]


def test_decoded_columns_are_joined_by_position():
    records = table(row(5), row(6), row(6, partition=1))
    events = pa.table(
        {
            "source_id": pa.array([1, 1, 2], pa.int32()),
            "partition": pa.array([1, 0, 0], pa.int32()),
            "offset": [6, 5, 6],
            "event_id": ["c", "a", "other source"],
            "origin": [{"topic": "t"}, None, None],
            "unused": [1, 2, 3],
        },
    )
    joined = join_decoded(records, events)
    assert joined["event_id"].to_pylist() == ["a", None, "c"]
    assert joined["origin"].to_pylist() == [None, None, {"topic": "t"}]
    assert "unused" not in joined.column_names
    assert join_decoded(records, events.slice(0, 0))["event_id"].to_pylist() == [None] * 3


def test_order_by_position_and_by_time():
    rows = [
        row(2, timestamp_ms=50),
        row(1, timestamp_ms=90),
        row(1, timestamp_ms=60, partition=1),
        row(0, timestamp_ms=10, partition=1),
        row(3, timestamp_ms=95),
    ]
    by_place = ordered(table(*rows), "offset")
    assert [(r["partition"], r["offset"]) for r in by_place.to_pylist()] == [(0, 1), (0, 2), (0, 3), (1, 0), (1, 1)]
    by_time = ordered(table(*rows), "timestamp")
    assert [(r["partition"], r["offset"]) for r in by_time.to_pylist()] == [(1, 0), (1, 1), (0, 1), (0, 2), (0, 3)]


def test_placement_policies():
    source, keys = np.array([0, 1, 2, 2], np.int32), pa.array([b"a", None, b"", None], pa.binary())

    def placed(policy: object, count: int) -> list[int]:
        return place(Partitions.parse(policy), source, keys, count).tolist()

    assert placed("keep", 3) == [0, 1, 2, 2]
    assert placed("keep", 2) == [0, 1, -1, -1]
    assert placed("fixed(0)", 3) == [0, 0, 0, 0]
    assert placed({0: 1, 2: 0}, 2) == [1, -1, 0, 0]
    assert placed("round_robin", 3) == [0, 1, 2, 0]
    assert placed("murmur2", 3) == [1, 0, 0, 1]
    assert placed("murmur2", 15) == [4, 0, 6, 1]
    assert placed("crc32", 12) == [3, 0, 0, 1]
    assert placed("fnv1a", 4) == [0, 0, 3, 1]
    assert placed("murmur2", 0) == [-1] * 4


@pytest.mark.parametrize(
    ("rate", "burst", "costs", "expected"),
    [
        (100, 10, [1] * 13, [0] * 10 + [0.01, 0.02, 0.03]),
        (1e6, 1e6, [6e5] * 3, [0, 0.2, 0.8]),
        (1e6, 1e6, [2.5e6, 1e5], [1.5, 3.1]),
    ],
    ids=["P5", "P6", "P7"],
)
def test_rate_vectors(rate, burst, costs, expected):
    limit, sent = Limit(rate, burst), []
    for cost in costs:
        sent.append(limit.due(cost, 0.0))
        limit.spend(cost, sent[-1])
    assert sent == pytest.approx(expected)


def test_falling_behind_is_not_caught_up_beyond_the_burst():
    pace = Pace(Fraction(100), None)
    first = [pace.take(1, 0.0) for _ in range(20)]
    assert first[:10] == [0.0] * 10
    late = [pace.take(1, 60.0) for _ in range(12)]
    assert late[:10] == [60.0] * 10
    assert late[10:] == pytest.approx([60.01, 60.02])


def test_the_slower_of_two_rates_decides():
    pace = Pace(Fraction(1000), Fraction(1000))
    assert [pace.take(500, 0.0) for _ in range(3)] == pytest.approx([0.4, 1.3, 2.2])
    assert Pace(None, None).unlimited


def test_batches_end_by_count_bytes_and_time():
    options = Options.parse({})
    seqs = list(range(BATCH_RECORDS + 1))
    assert [len(batch.seqs) for batch in split(seqs, [1] * len(seqs), options)] == [BATCH_RECORDS, 1]
    half = BATCH_BYTES // 2
    assert [batch.seqs for batch in split([3, 5, 7], [half, half, 1], options)] == [(3, 5), (7,)]
    assert [batch.seqs for batch in split([1, 2], [BATCH_BYTES * 2, 1], options)] == [(1,), (2,)]
    slow = Options.parse({"records_per_s": 2})
    lengths = [len(batch.seqs) for batch in split(range(25), [1] * 25, slow)]
    assert sum(lengths) == 25
    assert max(lengths) <= 11
    assert list(split([], [], options)) == []


def test_batch_size_is_the_size_on_the_wire():
    from workbench.bus.kafka.producing.encoding import ProducerFields, encode_batch
    from workbench.model import NewRecord

    shapes = [
        (None, None, ()),
        (b"", b"", ()),
        (b"k" * 63, b"v" * 64, ((b"a", None), (b"", b""))),
        (b"k" * 8191, b"v" * 8192, tuple((b"n%d" % n, b"x" * n) for n in range(130))),
        (b"k", b"v" * (1 << 20), ()),
    ]
    for key, value, headers in shapes:
        exact = batch_bytes(key, value, headers)
        record = NewRecord("t", key, value, headers, 0, NOW_MS)
        assert len(encode_batch([record], [NOW_MS], ProducerFields())) == exact
        payload = len(key or b"") + len(value or b"") + sum(len(n) + len(v or b"") for n, v in headers)
        assert exact <= most_batch_bytes(payload, len(headers))


def test_targets():
    run = "6f1d2c3b-4a59-4e68-8c77-0123456789ab"
    assert default_name("orders", run) == "orders.replay.6f1d2c3b"
    with pytest.raises(ConfigurationError, match="Name a target"):
        default_name("x" * 240, run)
    assert resolve_targets("copy", ["a", "b"], run) == {"a": "copy", "b": "copy"}
    with pytest.raises(ConfigurationError, match="no target for b"):
        resolve_targets({"a": "copy"}, ["a", "b"], run)
    for name in ("", "..", "a b", "x" * 250, "größe"):
        with pytest.raises(ConfigurationError, match="no topic name"):
            resolve_targets(name, ["a"], run)
    assert is_dead_letter_topic("orders-DLQ")
    assert not is_dead_letter_topic("idlq-orders")


def test_two_topics_into_one_target_get_one_lane_per_partition():
    payments = ORDERS.__class__(2, "source-cluster", "demo", "payments", "read_committed", partitions=1)
    rows = [row(1), row(2), row(1, source_id=2, topic="payments")]
    both = Draft(table(*rows), sources=[ORDERS, payments])
    plan = make_plan(both, facts(topic("copy"), targets={"orders": "copy", "payments": "copy"}))
    assert [(lane.partition, lane.records) for lane in plan.estimates.lanes] == [(0, 3)]
    assert plan.document["source"]["topics"] == ["orders", "payments"]
