"""Events of event stores and of change data capture: KurrentDB, Axon, Marten, Rails Event Store, Debezium."""

from __future__ import annotations

from typing import Any

from variants.frameworks import wolverine, wolverine_headers
from variants.rows import TIME_MS, Headers, Row, Values, dumped, texts, variant


def sink(values: Values, at: int) -> dict[str, str]:
    prefix = "esdb-record-headers-"
    return {
        "esdb-record-id": values.id(),
        "esdb-record-schema-subject": "OrderPaid",
        "esdb-record-stream-id": f"order-{at % 500}",
        "esdb-record-timestamp": str(TIME_MS + at),
        "esdb-record-sequence": str(at),
        f"{prefix}$correlationId": values.id(),
        f"{prefix}$causationId": values.id(),
    }


@variant("kurrentdb_sink", "all", 1_201_832)
def sink_all(values: Values, at: int) -> Row:
    return texts(sink(values, at)), dumped(values.order(at))


@variant("kurrentdb_sink", "mix", 550_204)
def sink_mix(values: Values, at: int) -> Row:
    return texts(values.some(sink(values, at), "esdb-record-id")), dumped(values.order(at, 80))


@variant("kurrentdb_sink", "min", 983_188)
def sink_least(values: Values, at: int) -> Row:
    made = sink(values, at)
    names = ("esdb-record-id", "esdb-record-schema-subject", "esdb-record-stream-id", "esdb-record-timestamp")
    return texts({name: made[name] for name in names}), dumped(values.order(at))


def kurrent_event(values: Values, at: int, length: int) -> dict[str, Any]:
    return {
        "eventId": values.id(),
        "eventType": "OrderPaid",
        "data": values.order(at, length),
        "metadata": {"$correlationId": values.id(), "$causationId": values.id()},
    }


@variant("kurrentdb_json", "all", 886_321)
def kurrent_all(values: Values, at: int) -> Row:
    return [], dumped(kurrent_event(values, at, 90))


@variant("kurrentdb_json", "mix", 809_996)
def kurrent_mix(values: Values, at: int) -> Row:
    made = kurrent_event(values, at, 90)
    made["metadata"] = values.some(made["metadata"], "$correlationId")
    return [], dumped(values.some(made, "eventId", "data", "metadata"))


@variant("kurrentdb_json", "min", 1_498_792)
def kurrent_least(values: Values, at: int) -> Row:
    return [], dumped({"metadata": {"$correlationId": values.id()}, "data": values.order(at, 190)})


def axon(values: Values, at: int) -> dict[str, str | bytes | None]:
    return {
        "axon-message-id": values.id(),
        "axon-message-type": "com.shop.OrderPlaced",
        "axon-message-timestamp": (TIME_MS + at).to_bytes(8, "big"),
        "axon-message-aggregate-id": f"o-{at % 500}",
        "axon-message-aggregate-type": "Order",
        "axon-message-aggregate-seq": at.to_bytes(8, "big"),
        "axon-message-revision": None,
    }


def axon5(values: Values) -> dict[str, str]:
    return {"axon-metadata-correlationId": values.id(), "axon-metadata-causationId": values.id()}


def axon4(values: Values) -> dict[str, str]:
    return {"axon-metadata-traceId": values.id(), "axon-metadata-correlationId": values.id()}


_AXON_NEEDED = ("axon-message-id", "axon-message-type", "axon-message-timestamp")


@variant("axon5", "all", 3_577)
def axon5_all(values: Values, at: int) -> Row:
    return texts(axon(values, at) | axon5(values)), b"<order/>"


@variant("axon5", "mix, JSON bodies", 4_629)
def axon5_mix(values: Values, at: int) -> Row:
    some = values.some(axon(values, at), *_AXON_NEEDED)
    return texts(some | values.some(axon5(values), "axon-metadata-causationId")), dumped(values.order(at, 100))


@variant("axon4", "all", 4_600)
def axon4_all(values: Values, at: int) -> Row:
    return texts(axon(values, at) | axon4(values)), b"<order/>"


@variant("axon4", "mix", 4_627)
def axon4_mix(values: Values, at: int) -> Row:
    some = values.some(axon(values, at), *_AXON_NEEDED)
    return texts(some | values.some(axon4(values), "axon-metadata-traceId")), dumped(values.order(at, 100))


@variant("axon4", "timestamp as text", 4_621)
def axon4_text(values: Values, at: int) -> Row:
    stamp = {"axon-message-timestamp": str(TIME_MS + at)}
    return texts(axon(values, at) | axon4(values) | stamp), dumped(values.order(at, 70))


@variant("axon", "no metadata", 5_428)
def axon_plain(values: Values, at: int) -> Row:
    return texts(axon(values, at)), dumped(values.order(at, 70))


@variant("wolverine", "all, no parent-id", 187_485)
def wolverine_all(values: Values, at: int) -> Row:
    return wolverine_headers(values, at), dumped(values.order(at))


@variant("wolverine", "mix, no parent-id", 177_400)
def wolverine_mix(values: Values, at: int) -> Row:
    some = values.some(wolverine(values, at), "id", "conversation-id", "message-type")
    return texts(some), dumped(values.order(at, 60))


@variant("wolverine", "with parent-id (default with OTel)", 3_839)
def wolverine_span(values: Values, at: int) -> Row:
    return wolverine_headers(values, at, parent_id=values.traceparent()), dumped(values.order(at))


def marten(values: Values, at: int, length: int) -> dict[str, Any]:
    return {
        "id": values.id(),
        "sequence": at,
        "stream_id": values.id(),
        "version": at % 40,
        "type": "order_paid",
        "timestamp": values.time(at),
        "tenant_id": "acme",
        "correlation_id": values.id(),
        "causation_id": values.id(),
        "data": values.order(at, length),
    }


@variant("marten", "all", 784_468)
def marten_all(values: Values, at: int) -> Row:
    return [], dumped(marten(values, at, 90))


@variant("marten", "mix", 643_713)
def marten_mix(values: Values, at: int) -> Row:
    needed = ("id", "stream_id", "version", "type", "correlation_id", "data")
    return [], dumped(values.some(marten(values, at, 130), *needed))


@variant("marten", "span", 4_309)
def marten_span(values: Values, at: int) -> Row:
    trace, span = values.digits(32), values.digits(16)
    return [], dumped({**marten(values, at, 50), "correlation_id": trace, "causation_id": f"00-{trace}-{span}-01"})


def rails(values: Values, at: int, length: int) -> dict[str, Any]:
    return {
        "event_id": values.id(),
        "event_type": "Orders::OrderPlaced",
        "data": values.order(at, length),
        "metadata": {
            "correlation_id": values.id(),
            "causation_id": values.id(),
            "timestamp": values.time(at, "Z"),
            "remote_ip": "10.0.0.1",
            "request_id": values.id(),
        },
    }


@variant("railseventstore", "all", 896_620)
def rails_all(values: Values, at: int) -> Row:
    return [], dumped(rails(values, at, 60))


@variant("railseventstore", "mix", 551_468)
def rails_mix(values: Values, at: int) -> Row:
    made = rails(values, at, 70)
    made["metadata"] = values.some(made["metadata"], "correlation_id")
    return [], dumped(made)


@variant("railseventstore", "min", 1_268_749)
def rails_least(values: Values, at: int) -> Row:
    made = rails(values, at, 180)
    made["metadata"] = {"correlation_id": made["metadata"]["correlation_id"]}
    return [], dumped(made)


def change(values: Values, at: int, **more: Any) -> dict[str, Any]:
    source = {"version": "3.0.0", "connector": "postgresql", "name": "inv", "ts_ms": TIME_MS + at, "db": "shop"}
    source |= {"schema": "public", "table": "orders", "lsn": at}
    change = {"before": None, "after": values.order(at), "source": source, "op": "u", "ts_ms": TIME_MS + at + 3}
    return change | more


def transaction(at: int) -> dict[str, Any]:
    return {"id": f"{at // 4}:{at}", "total_order": at % 4, "data_collection_order": 1}


@variant("debezium_change", "no transactions (default config)", 1_226_501)
def changes(values: Values, at: int) -> Row:
    return [], dumped(change(values, at, transaction=None))


@variant("debezium_change", "transaction metadata on", 5_681)
def changes_in_transactions(values: Values, at: int) -> Row:
    return [], dumped(change(values, at, transaction=transaction(at)))


@variant("debezium_change", "mix, mysql", 8_995)
def changes_of_mysql(values: Values, at: int) -> Row:
    made = change(values, at)
    made["source"] |= {"connector": "mysql", "file": "binlog.000003", "pos": at, "gtid": f"{values.id()}:{at}"}
    if values.random() < 0.5:
        made["transaction"] = transaction(at)
    return [], dumped(made | {"op": values.choice("crud")})


_FIELDS = [{"type": kind, "optional": True, "field": name} for name, kind in (("order", "int32"), ("note", "string"))]
_SCHEMA = {
    "type": "struct",
    "fields": [{"type": "struct", "fields": _FIELDS, "field": "after"}, {"type": "int64", "field": "ts_ms"}],
    "name": "inv.public.orders.Envelope",
}


@variant("debezium_change", "Connect JsonConverter schemas.enable=true (default)", 3_592)
def changes_with_schemas(values: Values, at: int) -> Row:
    return [], dumped({"schema": _SCHEMA, "payload": change(values, at, transaction=None)})


@variant("debezium_change", "with tombstones (delete + null)", 807_617)
def changes_and_tombstones(values: Values, at: int) -> Row:
    return [], None if at % 2 else dumped(change(values, at, op="d", before={"order": at}, after=None))


@variant("debezium_transaction", "BEGIN/END", 3_747, topic="inv.transaction")
def transactions(values: Values, at: int) -> Row:
    made = {"status": values.choice(["BEGIN", "END"]), "id": f"{at}:{at * 8}", "ts_ms": TIME_MS + at}
    return [], dumped({**made, "event_count": 3, "data_collections": None})


def outbox(values: Values, *names: str) -> Headers:
    made = {
        "id": values.id(),
        "eventType": "OrderPlaced",
        "correlationId": values.id(),
        "causationId": values.id(),
    }
    return texts({name: made[name] for name in names or made})


@variant("debezium_outbox", "all", 1_080_424, topic="outbox.event.order")
def outbox_all(values: Values, at: int) -> Row:
    return outbox(values), dumped(values.order(at, 70))


@variant("debezium_outbox", "mix", 1_079_899, topic="outbox.event.order")
def outbox_mix(values: Values, at: int) -> Row:
    more = [name for name in ("eventType", "correlationId", "causationId") if values.random() < 0.5]
    return outbox(values, "id", *more), dumped(values.order(at, 70))


@variant("debezium_outbox", "min", 2_693_729, topic="outbox.event.order")
def outbox_least(values: Values, at: int) -> Row:
    return outbox(values, "id"), dumped(values.order(at, 70))
