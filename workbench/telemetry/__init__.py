"""Defines the OpenTelemetry spans and Prometheus metrics of this package; nothing is exported until configured.

Spans go through the OpenTelemetry API, which does nothing without an SDK. Metrics are Prometheus collectors in a
registry of this package; no port is open before `serve_metrics` or `shared_metrics` is called. Neither carries
payloads, keys or secrets.
"""

from workbench.telemetry.conventions import SEMANTIC_CONVENTIONS
from workbench.telemetry.endpoint import MetricsServer, serve_metrics, shared_metrics
from workbench.telemetry.metrics import (
    METRIC_CAPTURED,
    METRIC_CAPTURED_BYTES,
    METRIC_DEAD_LETTERED,
    METRIC_DELIVERED,
    METRIC_DROPPED,
    METRIC_EXPIRED,
    METRIC_FAILED,
    METRIC_PUBLISHED,
    METRIC_RECEIVED,
    METRIC_REPLAYED,
    METRIC_UNPUBLISHED,
    counter,
    handler_seconds,
    registry,
)
from workbench.telemetry.spans import (
    SPAN_CAPTURE,
    SPAN_DEAD_LETTER,
    SPAN_HANDLE,
    SPAN_MANAGE,
    SPAN_PUBLISH,
    SPAN_RECEIVE,
    SPAN_REPLAY,
    SPAN_RETRY,
    TRACER,
    context_headers,
    context_of,
    is_tracing,
    link_to,
    span,
    traced,
)

__all__ = [
    "METRIC_CAPTURED",
    "METRIC_CAPTURED_BYTES",
    "METRIC_DEAD_LETTERED",
    "METRIC_DELIVERED",
    "METRIC_DROPPED",
    "METRIC_EXPIRED",
    "METRIC_FAILED",
    "METRIC_PUBLISHED",
    "METRIC_RECEIVED",
    "METRIC_REPLAYED",
    "METRIC_UNPUBLISHED",
    "SEMANTIC_CONVENTIONS",
    "SPAN_CAPTURE",
    "SPAN_DEAD_LETTER",
    "SPAN_HANDLE",
    "SPAN_MANAGE",
    "SPAN_PUBLISH",
    "SPAN_RECEIVE",
    "SPAN_REPLAY",
    "SPAN_RETRY",
    "TRACER",
    "MetricsServer",
    "context_headers",
    "context_of",
    "counter",
    "handler_seconds",
    "is_tracing",
    "link_to",
    "registry",
    "serve_metrics",
    "shared_metrics",
    "span",
    "traced",
]
