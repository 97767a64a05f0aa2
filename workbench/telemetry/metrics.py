"""Defines the Prometheus counters and the histogram of handler durations, in a registry of this package."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram

METRIC_PUBLISHED = "workbench_published_records"
METRIC_UNPUBLISHED = "workbench_unpublished_records"
METRIC_RECEIVED = "workbench_received_records"
METRIC_DELIVERED = "workbench_delivered_events"
METRIC_FAILED = "workbench_failed_events"
METRIC_DEAD_LETTERED = "workbench_dead_lettered_records"
METRIC_EXPIRED = "workbench_expired_events"
METRIC_CAPTURED = "workbench_captured_records"
METRIC_CAPTURED_BYTES = "workbench_captured_bytes"
METRIC_REPLAYED = "workbench_replayed_records"
METRIC_DROPPED = "workbench_dropped_records"

_HANDLER_SECONDS = "workbench_handler_seconds"
_DESCRIPTIONS = {
    METRIC_PUBLISHED: "Records acknowledged by a broker.",
    METRIC_UNPUBLISHED: "Records that a publish call raised for instead.",
    METRIC_RECEIVED: "Records handed to a subscriber.",
    METRIC_DELIVERED: "Events whose handler succeeded.",
    METRIC_FAILED: "Events that were given up after their last attempt.",
    METRIC_DEAD_LETTERED: "Records whose dead letter was acknowledged.",
    METRIC_EXPIRED: "Events skipped because their time to live was over.",
    METRIC_CAPTURED: "Records stored in a snapshot.",
    METRIC_CAPTURED_BYTES: "Bytes of keys, values and headers stored in a snapshot.",
    METRIC_REPLAYED: "Records written by a replay.",
    METRIC_DROPPED: "Records that a live view dropped because it was too slow.",
}


@cache
def registry() -> CollectorRegistry:
    """Return the registry that holds the metrics of this process."""
    from prometheus_client import CollectorRegistry

    return CollectorRegistry()


@cache
def counter(name: str) -> Counter:
    """Return the counter of this name, with the one label ``cluster``; counts are exported as ``NAME_total``.

    Raises:
        KeyError: The name is not one of the ``METRIC_`` constants.
    """
    from prometheus_client import Counter

    return Counter(name, _DESCRIPTIONS[name], ["cluster"], registry=registry())


@cache
def handler_seconds() -> Histogram:
    """Return the histogram of handler durations in seconds, with the label ``cluster``."""
    from prometheus_client import Histogram

    return Histogram(_HANDLER_SECONDS, "How long a handler ran for one event.", ["cluster"], registry=registry())
