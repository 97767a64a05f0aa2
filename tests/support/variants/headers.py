"""Headers of tracing, of Spring, Connect and replays beside a body; repeated, damaged, in any order."""

from __future__ import annotations

from typing import Any

from variants.contract import body, echo_headers
from variants.rows import Headers, Row, Values, dumped, texts, variant


def _plain(values: Values, at: int) -> bytes:
    return dumped({**values.order(at, 70), "customer": at % 900, "paid": True})


def _contract(values: Values, at: int, headers: Headers, length: int = 30) -> Row:
    return headers, dumped(body(values, at, length))


def b3(values: Values) -> dict[str, str]:
    return {"b3": f"{values.digits(32)}-{values.digits(16)}-1"}


@variant("headers", "traceparent only", 1_931_334)
def traceparent(values: Values, at: int) -> Row:
    return texts({"traceparent": values.traceparent()}), _plain(values, at)


@variant("headers", "contract + traceparent + tracestate + baggage", 715_688)
def w3c(values: Values, at: int) -> Row:
    context = {"traceparent": values.traceparent(), "tracestate": "vendor=1", "baggage": "tenant=acme"}
    return _contract(values, at, texts(context), 70)


@variant("headers", "b3 single", 7_785)
def b3_single(values: Values, at: int) -> Row:
    return texts(b3(values)), _plain(values, at)


@variant("headers", "contract + b3 single", 3_097)
def contract_b3(values: Values, at: int) -> Row:
    return _contract(values, at, texts(b3(values)), 70)


@variant("headers", "b3 multi", 7_449)
def b3_multi(values: Values, at: int) -> Row:
    names = {"X-B3-TraceId": 32, "X-B3-SpanId": 16, "X-B3-ParentSpanId": 16}
    return texts({**{name: values.digits(count) for name, count in names.items()}, "X-B3-Sampled": "1"}), _plain(
        values, at
    )


@variant("headers", "uber-trace-id", 7_733)
def jaeger(values: Values, at: int) -> Row:
    return texts({"uber-trace-id": f"{values.digits(32)}:{values.digits(16)}:0:1"}), _plain(values, at)


@variant("headers", "traceparent + b3 (both, Spring default)", 2_921)
def both(values: Values, at: int) -> Row:
    trace, span = values.digits(32), values.digits(16)
    context = {"traceparent": f"00-{trace}-{span}-01", "b3": f"{trace}-{span}-1"}
    return _contract(values, at, texts(context), 70)


@variant("headers", "Datadog (x-datadog-*)", 570_338)
def datadog(values: Values, at: int) -> Row:
    context = {f"x-datadog-{name}-id": str(values.getrandbits(62)) for name in ("trace", "parent")}
    context |= {"x-datadog-sampling-priority": "1", "x-datadog-tags": f"_dd.p.tid={values.digits(16)}"}
    return _contract(values, at, texts(context), 70)


@variant("headers", "spring_json_header_types + __TypeId__", 4_035)
def spring(values: Values, at: int) -> Row:
    made = {"correlation_id": f'"{values.id()}"', "__TypeId__": "com.shop.OrderPlaced"}
    types = {"spring_json_header_types": '{"correlation_id":"java.lang.String"}'}
    return texts({**made, **types}), dumped(values.order(at, 40))


@variant("headers", "contract + __TypeId__ only", 812_863)
def type_id(values: Values, at: int) -> Row:
    return _contract(values, at, texts({"__TypeId__": "com.shop.OrderPlaced"}), 70)


@variant("headers", "Spring dead letter (kafka_dlt-*)", 2_421)
def spring_dead_letter(values: Values, at: int) -> Row:
    prefix = "kafka_dlt-"
    made: dict[str, Any] = {
        f"{prefix}original-topic": "orders",
        f"{prefix}original-partition": (at % 6).to_bytes(4, "big"),
        f"{prefix}original-offset": at.to_bytes(8, "big"),
        f"{prefix}original-timestamp": (1_772_359_200_000 + at).to_bytes(8, "big"),
        f"{prefix}original-consumer-group": "billing",
        f"{prefix}exception-fqcn": "java.lang.IllegalStateException",
        f"{prefix}exception-message": "no stock",
    }
    return _contract(values, at, texts(made))


@variant("headers", "Connect dead letter (__connect.errors.*)", 4_273)
def connect_dead_letter(_: Values, at: int) -> Row:
    prefix = "__connect.errors."
    made = {
        f"{prefix}topic": "orders",
        f"{prefix}partition": str(at % 6),
        f"{prefix}offset": str(at),
        f"{prefix}stage": "VALUE_CONVERTER",
        f"{prefix}exception.message": "bad",
    }
    return texts(made), b"not json"


@variant("headers", "request/reply kafka_correlationId", 5_325)
def request_reply(values: Values, at: int) -> Row:
    made: dict[str, Any] = {"kafka_correlationId": values.randbytes(16), "kafka_replyTopic": "replies"}
    return texts(made), _plain(values, at)


@variant("headers", "replayed by this workbench (x-replay-*)", 143_681)
def replayed(values: Values, at: int) -> Row:
    made = {
        "x-replay-id": "r-20260301-1",
        "x-replay-seq": str(at),
        "x-replay-of": f"prod/shop.orders/{at % 6}/{at}",
        "x-replay-count": "1",
        "x-replay-mode": "copy",
        "x-replayed-at": values.time(at),
        "x-replayed-by": "workbench",
    }
    return _contract(values, at, texts(made), 70)


def _six(values: Values, at: int) -> tuple[Headers, bytes]:
    made = body(values, at, 10)
    return echo_headers(made)[:6], dumped(made)


@variant("headers", "a repeated header (correlation_id twice)", 3_158)
def repeated(values: Values, at: int) -> Row:
    made = body(values, at)
    flow = made["metadata"]["correlation_id"].encode()
    return [(b"correlation_id", values.id().encode()), (b"correlation_id", flow)], dumped(made)


@variant("headers", "repeated unread header", 723_484)
def repeated_unread(values: Values, at: int) -> Row:
    return _contract(values, at, [(b"hop", b"a"), (b"hop", b"b")], 70)


@variant("headers", "null value in a read header", 2_871)
def null_value(values: Values, at: int) -> Row:
    return _contract(values, at, texts({"correlation_id": None}), 70)


@variant("headers", "empty value in a read header (1%)", 176_843)
def empty_value(values: Values, at: int) -> Row:
    made = body(values, at)
    text = "" if values.random() < 0.01 else made["metadata"]["correlation_id"]
    return texts({"correlation_id": text}), dumped(made)


@variant("headers", "non-UTF-8 header name", 2_650)
def bad_name(values: Values, at: int) -> Row:
    return _contract(values, at, [(b"\xff\xfename", b"v")], 70)


@variant("headers", "non-UTF-8 value in a read header", 3_242)
def bad_value(values: Values, at: int) -> Row:
    return [(b"correlation_id", b"\xc3\x28" + values.randbytes(4))], dumped(values.order(at, 60))


@variant("headers", "random order of 6 headers", 47_221)
def any_order(values: Values, at: int) -> Row:
    headers, value = _six(values, at)
    values.shuffle(headers)
    return headers, value


@variant("headers", "random subset of 12 unread headers", 235_248)
def any_unread(values: Values, at: int) -> Row:
    made = {f"unread-{number}": "v" for number in range(12) if values.random() < 0.5}
    return _contract(values, at, texts(made), 50)


@variant("headers", "random subset of 8 read headers", 42_743)
def any_read(values: Values, at: int) -> Row:
    """256 shapes of headers."""
    made = body(values, at, 10)
    all_headers = [*echo_headers(made)[1:], *texts({"traceparent": values.traceparent(), "X-Request-Id": values.id()})]
    all_headers += texts({"x-replay-id": "r-1"})
    return [pair for pair in all_headers[:8] if values.random() < 0.5], dumped(made)
