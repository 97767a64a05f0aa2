"""Traces for looking at views: a flow in which everything happens once, large ones, and all the bad input of views."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
from decoded_events import event_table
from traces import trace_of
from widget_feeds import HOSTILE

import workbench as wb
from workbench.tracing.state import StateFold

if TYPE_CHECKING:
    from workbench.tracing.trace import Trace

T0 = 1_767_225_600_000_000
MS = 1_000


def built(rows: list[dict[str, Any]]) -> Trace:
    filled = [{"cause_state": "declared" if row.get("causes") else "root", **row} for row in rows]
    return trace_of(event_table(filled), provenance="shop.duckdb, 4 topics")


def shop() -> Trace:
    """One order: a join, an idle night, a failure, a dead letter, a missing cause, another correlation."""
    rows = [
        ("o1", 0, [], "order.placed", "shop", "orders"),
        ("p1", 35, ["o1"], "payment.requested", "payments", "payments"),
        ("s1", 48, ["o1"], "stock.reserved", "warehouse", "stock"),
        ("p2", 260, ["p1"], "payment.failed", "payments", "payments"),
        ("p3", 28_800_000, ["p2"], "payment.requested", "payments", "payments"),
        ("p4", 28_800_180, ["p3"], "payment.completed", "payments", "payments"),
        ("d1", 28_800_230, ["p4", "s1"], "delivery.planned", "delivery", "deliveries"),
        ("d2", 28_800_900, ["d1"], "delivery.shipped", "delivery", "deliveries"),
        ("i1", 28_800_260, ["p4"], "invoice.sent", "billing", "invoices"),
        ("x1", 28_800_300, ["p4"], "invoice.sent", "billing", "invoices.dlq"),
        ("m1", 28_800_950, ["d2"], "mail.sent", "mail", "mails"),
        ("m2", 28_800_400, ["lost"], "mail.sent", "mail", "mails"),
    ]
    return built(
        [
            {
                "event_id": i,
                "t": T0 + t * MS,
                "causes": c,
                "event_type": kind,
                "source": source,
                "topic": topic,
                "correlation_id": "order-18" if i == "m1" else "order-17",
            }
            for i, t, c, kind, source, topic in rows
        ]
    )


def large(count: int, *, fan: int = 3) -> Trace:
    """A tree of many events, with a failure now and then."""
    kinds = ("order.placed", "payment.completed", "stock.reserved", "delivery.shipped", "payment.failed")
    return built(
        [
            {
                "event_id": f"e{n}",
                "t": T0 + n * 7 * MS,
                "causes": [f"e{(n - 1) // fan}"] if n else [],
                "event_type": kinds[n * n % 97 % 5],
                "source": f"service-{n % 11}",
                "topic": f"topic-{n % 7}",
                "correlation_id": "k",
            }
            for n in range(count)
        ]
    )


def fan_out(count: int) -> Trace:
    """One event with many effects of one type."""
    rows: list[dict[str, Any]] = [{"event_id": "root", "t": T0, "event_type": "batch.started", "source": "importer"}]
    rows += [
        {"event_id": f"e{n}", "t": T0 + n * MS, "causes": ["root"], "event_type": "row.imported", "source": "worker"}
        for n in range(1, count)
    ]
    return built(rows)


def many_lanes(count: int) -> Trace:
    """A chain through as many sources and topics."""
    return built(
        [
            {
                "event_id": f"e{n}",
                "t": T0 + n * MS,
                "causes": [f"e{n - 1}"] if n else [],
                "event_type": f"type-{n}",
                "source": f"service-{n}",
                "topic": f"topic-{n}",
                "correlation_id": "k",
            }
            for n in range(count)
        ]
    )


def at_once(count: int) -> Trace:
    """Events of one topic at nearly the same time: a tall lane."""
    rows = [{"event_id": f"e{n}", "t": T0 + n // 40, "event_type": "tick", "topic": "ticks"} for n in range(count)]
    return built([*rows, {"event_id": "last", "t": T0 + 10**6, "topic": "ticks"}])


def spans(*rows: tuple[str, str | None, int | None, int | None]) -> Trace:
    """Spans of one trace: id, parent, start and end in milliseconds."""
    columns = {name: [row[n] for row in rows] for n, name in enumerate(("span", "parent", "start", "end"))}
    names = {"trace": ["t"] * len(rows), "name": [f"call {row[0]}" for row in rows], "service": ["s"] * len(rows)}
    return wb.open_trace(pd.DataFrame({**columns, **names}))


def changes() -> StateFold:
    """States of a few orders over time, one of them deleted."""
    steps = (
        (0, "o1", "placed"),
        (40, "o2", "placed"),
        (55, "o1", "paid"),
        (9_000, "o2", "cancelled"),
        (9_040, "o1", None),
        (9_100, "o3", "placed"),
        (9_180, "o3", "paid"),
    )
    values = [None if state is None else f'{{"state": "{state}"}}'.encode() for *_, state in steps]
    return StateFold(
        pa.table(
            {
                "topic": pa.array(["orders"] * len(steps)),
                "partition": pa.array([0] * len(steps)),
                "offset": pa.array(range(len(steps))),
                "time_us": pa.array([T0 + at * MS for at, _, _ in steps]),
                "key": pa.array([key.encode() for _, key, _ in steps], pa.binary()),
                "value": pa.array(values),
            }
        )
    )


@cache
def bad() -> dict[str, Trace]:
    """What the views must have a right and readable answer to, by name."""
    long, e = "x" * 10_000, {"event_type": "T", "source": "s"}
    return {
        "broken spans": spans(
            ("a", None, 0, 900),
            ("b", "a", 500, 100),
            ("c", "in another file", 40, 60),
            ("d", None, 10, 20),
            ("e", "a", None, None),
            ("f", "b", 2_000, 3_000),
        ),
        "spans all a cycle": spans(("x", "y", 0, 10), ("y", "x", 2, 8)),
        "spans without times": spans(("p", None, None, None), ("q", "p", None, None)),
        "empty": built([]),
        "one event": built([{"event_id": "a", "t": T0, **e}]),
        "all causes missing": built(
            [{"event_id": f"a{n}", "t": T0 + n, "causes": [f"gone{n}"], **e} for n in range(5)]
        ),
        "all a cycle": built(
            [{"event_id": f"c{n}", "t": T0 + n * MS, "causes": [f"c{(n + 1) % 4}"], **e} for n in range(4)]
        ),
        "long ids": built(
            [
                {"event_id": long, "t": T0, **e},
                {"event_id": "b", "t": T0 + MS, "causes": [long], **e},
                {"event_id": "c", "t": T0 + 2, "causes": [long + "y"], "correlation_id": long, **e},
            ]
        ),
        "null and duplicate ids": built(
            [
                {"event_id": None, "t": T0, **e},
                {"event_id": "d", "t": T0 + 1, "value": b"1", **e},
                {"event_id": "d", "t": T0 + 2, "value": b"2", **e},
                {"event_id": "f", "t": T0 + 3, "causes": ["d"], **e},
            ]
        ),
        "times out of the calendar": built(
            [
                {"event_id": "y1", "t": -62_135_596_800_000_000, **e},
                {"event_id": "y9999", "t": 253_402_300_799_999_999, "causes": ["y1"], **e},
                {"event_id": "beyond", "t": 2**63 - 1, "causes": ["y9999"], **e},
                {"event_id": "before", "t": -(2**63) + 1, "causes": ["beyond"], **e},
                {"event_id": "none", "causes": ["y1"], **e},
            ]
        ),
        "hostile text": built(
            [
                {
                    "event_id": HOSTILE,
                    "t": T0,
                    "event_type": HOSTILE,
                    "source": HOSTILE,
                    "topic": HOSTILE,
                    "correlation_id": HOSTILE,
                },
                {"event_id": "b", "t": T0 + MS, "causes": [HOSTILE], "event_type": HOSTILE, "source": "s"},
                {"event_id": "c", "t": T0 + MS, "causes": ["gone" + HOSTILE], "event_type": None, "source": None},
            ]
        ),
    }
