"""The contract of the event bus, and CloudEvents in both modes."""

from __future__ import annotations

from typing import Any

from variants.rows import Headers, Row, Values, dumped, texts, variant

TYPES = ("order.created", "order.paid", "order.shipped", "task.started", "task.completed", "user.registered")


def body(values: Values, at: int, length: int = 70) -> dict[str, Any]:
    return {
        "event_id": values.id(),
        "event_type": values.choice(TYPES),
        "payload": values.order(at, length),
        "metadata": {
            "source": f"service-{at % 5}",
            "correlation_id": values.id(),
            "causation_id": values.id(),
            "environment": "prod",
            "priority": 5,
        },
        "timestamp": values.time(at),
        "security_context": {"user_id": f"u-{at % 900}", "tenant_id": "acme"},
    }


def mixed_body(values: Values, at: int) -> dict[str, Any]:
    made = body(values, at, 120)
    made["metadata"] = values.some(made["metadata"], "source", "correlation_id")
    if values.random() < 0.3:
        made["metadata"]["causation_id"] = None
    made["security_context"] = values.choice([None, {"user_id": "u-1"}, made["security_context"]])
    return values.some(made, "event_id", "event_type", "payload", "metadata", "timestamp")


def echo_headers(made: dict[str, Any]) -> Headers:
    """The headers that the event bus writes beside its body."""
    metadata = made["metadata"]
    headers = {
        "content_type": "application/json",
        "message_id": made["event_id"],
        "correlation_id": metadata["correlation_id"],
        "causation_id": metadata.get("causation_id"),
        "event_type": made["event_type"],
        "source": metadata["source"],
        "schema_version": "1.0.0",
    }
    return texts({name: text for name, text in headers.items() if text is not None})


def dead_letter(values: Values, at: int) -> dict[str, Any]:
    made = body(values, at, 40)
    original = body(values, at, 10)
    made |= {
        "event_type": "system.dead_letter",
        "payload": {
            "original_event": original,
            "error_message": "no stock",
            "failed_at": values.time(at),
            "original_topic": "shop.orders",
            "original_partition": at % 6,
            "original_offset": at,
            "error_type": "ValueError",
            "attempts": 3,
        },
    }
    return made


@variant("contract", "all members", 671_514)
def all_members(values: Values, at: int) -> Row:
    return [], dumped(body(values, at))


@variant("contract", "optional members mixed", 452_662)
def optional_members(values: Values, at: int) -> Row:
    return [], dumped(mixed_body(values, at))


@variant("contract", "with its echo headers, mixed", 342_734)
def with_headers(values: Values, at: int) -> Row:
    made = mixed_body(values, at)
    return echo_headers(made), dumped(made)


@variant("contract", "dead letters (system.dead_letter)", 2_801)
def dead_letters(values: Values, at: int) -> Row:
    return [], dumped(dead_letter(values, at))


@variant("contract", "2% dead letters in an ordinary topic", 119_700)
def some_dead_letters(values: Values, at: int) -> Row:
    return [], dumped(dead_letter(values, at) if values.random() < 0.02 else body(values, at))


def cloud_event(values: Values, at: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": values.id(),
        "source": "/shop/orders",
        "type": f"com.shop.{values.choice(TYPES)}",
        "time": values.time(at, "Z"),
        "subject": f"order-{at}",
        "datacontenttype": "application/json",
        "correlationid": values.id(),
        "causationid": values.id(),
        "tenantid": "acme",
    }


NEEDED = ("specversion", "id", "source", "type")


def binary(attributes: dict[str, Any], content_type: str = "application/json") -> Headers:
    named = {f"ce_{name}": text for name, text in attributes.items() if name != "datacontenttype"}
    return texts({**named, "content-type": content_type})


@variant("cloudevents", "structured, all", 807_408)
def structured(values: Values, at: int) -> Row:
    event = {**cloud_event(values, at), "data": values.order(at, 30)}
    return texts({"content-type": "application/cloudevents+json; charset=UTF-8"}), dumped(event)


@variant("cloudevents", "structured, optional mixed", 469_331)
def structured_mixed(values: Values, at: int) -> Row:
    event = {**values.some(cloud_event(values, at), *NEEDED), "data": values.order(at, 70)}
    return texts({"content-type": "application/cloudevents+json; charset=UTF-8"}), dumped(event)


@variant("cloudevents", "structured, no header, min", 1_077_453)
def structured_least(values: Values, at: int) -> Row:
    event = cloud_event(values, at)
    return [], dumped({**{name: event[name] for name in NEEDED}, "data": values.order(at, 160)})


@variant("cloudevents", "binary, all", 1_153_379)
def binary_all(values: Values, at: int) -> Row:
    return binary(cloud_event(values, at)), dumped(values.order(at))


@variant("cloudevents", "binary, optional mixed", 327_681)
def binary_mixed(values: Values, at: int) -> Row:
    return binary(values.some(cloud_event(values, at), *NEEDED)), dumped(values.order(at, 90))


@variant("cloudevents", "binary, data null", 1_233_026)
def binary_null(values: Values, at: int) -> Row:
    return binary(cloud_event(values, at)), None


@variant("cloudevents", "binary, data not JSON (avro)", 1_203_139)
def binary_avro(values: Values, at: int) -> Row:
    return binary(cloud_event(values, at), "application/avro"), b"\x00\x00\x00\x00\x07" + values.randbytes(40)


@variant("cloudevents", "axon4 over CloudEvents", 781_946)
def from_axon(values: Values, at: int) -> Row:
    event = cloud_event(values, at)
    del event["causationid"], event["tenantid"]
    event |= {"traceid": values.id(), "axonmessagerevision": "2", "axonmessageaggregateid": values.id()}
    return binary(event | {"source": "https://www.axoniq.io/"}), dumped(values.order(at))


@variant("cloudevents", "debezium over CloudEvents (pgtx)", 3_438)
def from_debezium(values: Values, at: int) -> Row:
    return [], dumped(
        {
            "id": f"name:inv;lsn:{at};txId:{at // 3}",
            "source": "/debezium/postgresql/inv",
            "specversion": "1.0",
            "type": "io.debezium.connector.postgresql.DataChangeEvent",
            "time": values.time(at, "Z"),
            "datacontenttype": "application/json",
            "iodebeziumop": "u",
            "iodebeziumconnector": "postgresql",
            "iodebeziumname": "inv",
            "iodebeziumtable": "orders",
            "iodebeziumtxid": f"{at // 3}:{at}",
            "data": {"before": None, "after": values.order(at)},
        }
    )
