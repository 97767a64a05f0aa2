"""Variations on the contract's body, own conventions, and values that follow no convention."""

from __future__ import annotations

from typing import Any

import orjson

from variants.contract import all_members, body, cloud_event
from variants.frameworks import masstransit_all
from variants.rows import TIME_MS, Row, Values, dumped, variant

SPANS = {
    "spans": {
        "strength": 3,
        "all": ["value:traceId", "value:spanId", "value:operationName"],
        "event_id": "value:spanId",
        "correlation_id": "value:traceId",
        "cause": "value:parentSpanId",
        "root": "null_cause",
        "event_type": "value:operationName",
        "source": "value:service",
        "event_time": "value:startTime",
        "time": "epoch_ns",
    },
}
WIKI = {
    "wikimedia": {
        "strength": 3,
        "all": ["value:meta.id", "value:meta.stream", "value:meta.domain"],
        "event_id": "value:meta.id",
        "correlation_id": "value:meta.request_id",
        "event_type": ["value:type", "value:meta.stream"],
        "source": "value:meta.domain",
        "event_time": "value:meta.dt",
        "time": "rfc3339",
    },
}


@variant("variation", "number ids in a user profile (span JSON, epoch_ns)", 190_256, conventions=SPANS)
def spans(values: Values, at: int) -> Row:
    ids: dict[str, Any] = {name: values.getrandbits(62) for name in ("traceId", "spanId", "parentSpanId")}
    made = {**ids, "operationName": "GET /orders", "service": "web", "startTime": (TIME_MS + at) * 10**6 + at}
    return [], dumped({**made, "duration": values.randrange(10**7), "tags": [{"key": "http.status", "value": 200}]})


@variant("variation", "user profile wiki (real shape)", 708_267, conventions=WIKI)
def wiki(values: Values, at: int) -> Row:
    meta = {
        "id": values.id(),
        "request_id": values.id(),
        "domain": "commons.wikimedia.org",
        "stream": "mediawiki.recentchange",
        "dt": values.time(at, "Z"),
    }
    made = {"meta": meta, "type": values.choice(["edit", "categorize", "log"]), "id": at, "user": "a", "bot": False}
    return [], dumped({**made, "$schema": "/mediawiki/recentchange/1.0.0", "title": f"File:{values.digits(12)}"})


def _text(values: Values, at: int, length: int = 70) -> bytes:
    return dumped(body(values, at, length))


@variant("variation", "contract: duplicate key in payload", 689_798)
def twice_in_payload(values: Values, at: int) -> Row:
    return [], _text(values, at).replace(b'"note":', b'"order":7,"note":', 1)


@variant("variation", "contract: duplicate key at top (event_id twice)", 2_558)
def twice_at_top(values: Values, at: int) -> Row:
    return [], _text(values, at, 30)[:-1] + b',"event_id":"%s"}' % values.id().encode()


@variant("variation", "contract: payload with escapes (\\u00e9, \\n)", 834_813)
def escapes(values: Values, at: int) -> Row:
    return [], _text(values, at).replace(b'"note":"', b'"note":"caf\\u00e9\\n ', 1)


@variant("variation", "contract: event_type with escape (\\u00e9)", 858_842)
def escaped_type(values: Values, at: int) -> Row:
    made = body(values, at)
    return [], dumped(made | {"event_type": "order.*"}).replace(b'"order.*"', b'"order.cr\\u00e9\\u00e9e"')


@variant("variation", "contract: source with / escaped as \\/ (PHP)", 836_999)
def escaped_source(values: Values, at: int) -> Row:
    return [], _text(values, at).replace(b'"source":"', b'"source":"\\/shop\\/', 1)


@variant("variation", "contract: raw UTF-8 text", 840_199)
def raw_utf8(values: Values, at: int) -> Row:
    return [], _text(values, at, 10).replace(b'"note":"', '"note":"Zażółć '.encode(), 1)


@variant("variation", "contract: one invalid UTF-8 byte in payload", 7_529)
def invalid_byte(values: Values, at: int) -> Row:
    return [], _text(values, at).replace(b'"note":"', b'"note":"\xff', 1)


@variant("variation", "contract: BOM", 3_122)
def byte_order_mark(values: Values, at: int) -> Row:
    return [], b"\xef\xbb\xbf" + _text(values, at)


@variant("variation", "contract: registry prefix + JSON", 3_023)
def registry_prefix(values: Values, at: int) -> Row:
    return [], b"\x00\x00\x00\x00\x07" + _text(values, at)


@variant("variation", "contract: pretty printed", 765_232)
def pretty(values: Values, at: int) -> Row:
    return [], orjson.dumps(body(values, at), option=orjson.OPT_INDENT_2)


@variant("variation", "contract: UUIDs upper case", 569_861)
def upper_case(values: Values, at: int) -> Row:
    made = body(values, at)
    made["event_id"] = made["event_id"].upper()
    for name in ("correlation_id", "causation_id"):
        made["metadata"][name] = made["metadata"][name].upper()
    return [], dumped(made)


@variant("variation", "contract: timestamp with offset +02:00", 833_010)
def with_offset(values: Values, at: int) -> Row:
    return [], dumped(body(values, at) | {"timestamp": values.time(at, "+02:00")})


@variant("variation", "contract: timestamp naive", 736_875)
def naive(values: Values, at: int) -> Row:
    return [], dumped(body(values, at) | {"timestamp": values.time(at, "")})


@variant("variation", "contract: 1% bad timestamps", 620_808)
def bad_times(values: Values, at: int) -> Row:
    made = body(values, at)
    return [], dumped(made | ({"timestamp": "yesterday"} if values.random() < 0.01 else {}))


@variant("variation", "contract: 1% self causes", 549_813)
def self_causes(values: Values, at: int) -> Row:
    made = body(values, at)
    if values.random() < 0.01:
        made["metadata"]["causation_id"] = made["event_id"]
    return [], dumped(made)


@variant("variation", "contract: payload 10 KB", 264_446)
def ten_kilobytes(values: Values, at: int) -> Row:
    return [], _text(values, at, 9_900)


@variant("variation", "contract: payload 100 KB, many members", 6_739, rows=400)
def many_members(values: Values, at: int) -> Row:
    payload = {f"member_{number}": values.digits(30) for number in range(2_100)}
    return [], dumped(body(values, at) | {"payload": payload})


@variant("variation", "contract: 200 random extra top-level members over topic", 713_312)
def extra_members(values: Values, at: int) -> Row:
    return [], dumped({f"extra_{values.randrange(200)}": values.digits(12), **body(values, at)})


@variant("variation", "contract: nested contract event in payload", 776_044)
def nested(values: Values, at: int) -> Row:
    return [], dumped(body(values, at) | {"payload": body(values, at)})


@variant("variation", "mixed topic: contract/CE/masstransit/text/tombstone", 16_323)
def mixed(values: Values, at: int) -> Row:
    kind = at % 5
    if kind == 0:
        return all_members(values, at)
    if kind == 1:
        return [], dumped(cloud_event(values, at))
    if kind == 2:
        return masstransit_all(values, at)
    return [], b"a line of text" if kind == 3 else None


@variant("variation", "JSON arrays at top", 5_984_615)
def arrays(values: Values, at: int) -> Row:
    return [], b"[" + _text(values, at) + b"]"


@variant("variation", "JSON text that is no object (number/string)", 4_906_786)
def scalars(_: Values, at: int) -> Row:
    return [], b"%d" % at if at % 2 else b'"%d"' % at


@variant("variation", "JSON with no convention", 2_723_009)
def no_convention(values: Values, at: int) -> Row:
    return [], dumped({**values.order(at, 70), "customer": at % 900, "paid": True})


@variant("variation", "plain text", 7_001_525)
def plain_text(_: Values, at: int) -> Row:
    return [], b"2026-03-01 INFO line %07d" % at


@variant("variation", "avro (confluent prefix)", 1_107_950)
def avro(values: Values, _: int) -> Row:
    return [], b"\x00\x00\x00\x00\x07" + values.randbytes(100)


@variant("variation", "null bodies (tombstones)", 7_296_559)
def tombstones(_: Values, __: int) -> Row:
    return [], None


@variant("variation", "empty bodies", 6_144_723)
def empty(_: Values, __: int) -> Row:
    return [], b""


@variant("variation", "truncated JSON", 7_952)
def truncated(values: Values, at: int) -> Row:
    return [], _text(values, at)[:-5]
