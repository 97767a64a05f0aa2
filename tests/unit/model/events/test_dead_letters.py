from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.model.events.dead_letters import (
    NAME_PATTERN,
    dead_letter_sql,
    dead_letter_topic_sql,
    is_dead_letter,
    is_dead_letter_topic,
    origin_by_name,
)
from workbench.model.records.columns import EVENT

DEAD = {
    "orders_dlq": "orders",
    "orders-dead-letter": "orders",
    "orders.dead_letters": "orders",
    "dlq.orders": "orders",
    "dlq-orders": "orders",
    "orders.dlq.v1": "orders",
    "prod.dlq.orders.v1": None,
    "DLQ": None,
    "orders.deadletter": "orders",
    "orders.DLT": "orders",
    "orders-dlt": "orders",
    "orders.dead-letter-queue": "orders",
    "orders_dead_letter_queue": "orders",
    "dead-letter-topic-orders": "orders",
    "onex.dev.dead_letter_queue": None,
    "dead_letter_queue": None,
    "onex.dlq.x.v1": None,
    "OrdersDLQ": "Orders",
    "ordersDeadLetterQueue": "orders",
    "my-connector-dlq-topic": "my-connector",
    "orders-dlq-eu": None,
    "orders.dlq-v2": "orders",
}
ALIVE = [
    *("orders", "dltool", "middlequeue", "undeadletters", "idlq-orders", "handled", "orders.dlqueue", "dlqs"),
    *("orders.replay.0123abcd", "orders.dlq.replay.0123abcd", "onex.evt.platform.dlq-message.v1", "orders.retry"),
    *("error-queue", "orders_error", "orders_skipped", "error", "", "deadline-letters", "adlt.orders"),
]


@pytest.mark.parametrize(("topic", "origin"), DEAD.items())
def test_dead_letter_topics_are_known_by_name_and_name_their_origin(topic, origin):
    assert is_dead_letter_topic(topic)
    assert origin_by_name(topic) == origin


@pytest.mark.parametrize("topic", ALIVE)
def test_other_topics_are_not(topic):
    assert not is_dead_letter_topic(topic)
    assert origin_by_name(topic) is None


words = st.sampled_from(
    [
        *("dlq", "DLT", "Dlq", "dead", "letter", "Letters", "queue", "topic", "DLQ", "DeadLetter", "orders", "v1"),
        *("s", "replay", "0123abcd", "error", "x", "é"),
    ],
)
topics = st.lists(st.tuples(words, st.sampled_from([".", "-", "_", "", "\n"])), min_size=1, max_size=6).map(
    lambda parts: "".join(word + mark for word, mark in parts),
)


@settings(deadline=None, max_examples=100)
@given(st.lists(topics | topics.map(lambda name: name.rstrip("._-")), min_size=1, max_size=30))
def test_python_arrow_and_sql_judge_alike(names):
    expected = [is_dead_letter_topic(name) for name in names]
    with duckdb.connect() as connection:
        connection.register("named", pa.table({"number": range(len(names)), "topic": names}))
        rows = connection.sql(f"SELECT {dead_letter_topic_sql('topic')} FROM named ORDER BY number").fetchall()
    assert [judged for (judged,) in rows] == expected
    marked = pc.match_substring_regex(pa.array(names), rf"\A{NAME_PATTERN}\z").to_pylist()
    assert all(mark or not judged for mark, judged in zip(marked, expected, strict=True))


ORDINARY = {"topic": "orders", "event_type": "order.placed", "error": None, "origin": None}
ORIGIN = {"topic": "orders", "partition": 0, "offset": 1, "timestamp_ms": None, "group": None, "via_hop": None}
ERROR = {"type": None, "message": None, "stage": None, "attempts": None}
EVENTS = [
    (ORDINARY, False),
    (ORDINARY | {"event_type": None, "topic": None}, False),
    (ORDINARY | {"event_type": "system.dead_letter"}, True),
    (ORDINARY | {"topic": "orders-dlq"}, True),
    (ORDINARY | {"topic": "orders-dlq.replay.0123abcd"}, False),
    (ORDINARY | {"origin": ORIGIN | {"via": "kafka_connect"}}, True),
    (ORDINARY | {"origin": ORIGIN | {"via": "spring_retry"}}, False),
    (ORDINARY | {"origin": ORIGIN | {"via": "k2k"}}, False),
    (ORDINARY | {"origin": ORIGIN | {"via": "k2k"}, "error": ERROR | {"type": "ValueError"}}, True),
    (ORDINARY | {"error": ERROR | {"message": "faulted"}}, True),
    (ORDINARY | {"error": ERROR | {"attempts": 2}}, False),
]


@pytest.mark.parametrize(("event", "expected"), EVENTS)
def test_records_are_dead_letters_by_topic_type_error_or_origin(event, expected):
    assert is_dead_letter(event) is expected


def test_sql_selects_the_same_records():
    kinds = {name: EVENT.field(name).type for name in ("event_type", "error", "origin")} | {"topic": pa.string()}
    table = pa.table({name: pa.array([event[name] for event, _ in EVENTS], kind) for name, kind in kinds.items()})
    with duckdb.connect() as connection:
        connection.register("events", table)
        judged = connection.sql(f"SELECT {dead_letter_sql()} FROM events").fetchall()
    assert [value for (value,) in judged] == [expected for _, expected in EVENTS]
