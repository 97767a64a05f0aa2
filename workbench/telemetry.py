"""Spans and metrics of this package: names in one place, silent until somebody configures them.

Spans go through the OpenTelemetry API, which does nothing without an SDK. Metrics are Prometheus counters in a registry
of this package; no port is open before `serve_metrics` is called. Neither carries payloads, keys or secrets.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from opentelemetry import trace

from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType
    from typing import Self
    from wsgiref.simple_server import WSGIServer

    from opentelemetry.trace import Span
    from prometheus_client import CollectorRegistry, Counter

TRACER = "workbench"
SPAN_PUBLISH = "workbench.publish"
SPAN_RECEIVE = "workbench.receive"
SPAN_HANDLE = "workbench.handle"
SPAN_RETRY = "workbench.retry"
SPAN_DEAD_LETTER = "workbench.dead_letter"
SPAN_CAPTURE = "workbench.capture"
SPAN_REPLAY = "workbench.replay"

METRIC_PUBLISHED = "workbench_published_records"
METRIC_RECEIVED = "workbench_received_records"
METRIC_CAPTURED = "workbench_captured_records"
METRIC_CAPTURED_BYTES = "workbench_captured_bytes"
METRIC_REPLAYED = "workbench_replayed_records"
METRIC_DROPPED = "workbench_dropped_records"

_DESCRIPTIONS = {
    METRIC_PUBLISHED: "Records acknowledged by a broker.",
    METRIC_RECEIVED: "Records handed to a subscriber.",
    METRIC_CAPTURED: "Records stored in a snapshot.",
    METRIC_CAPTURED_BYTES: "Bytes of keys, values and headers stored in a snapshot.",
    METRIC_REPLAYED: "Records written by a replay.",
    METRIC_DROPPED: "Records that a live view dropped because it was too slow.",
}


@contextmanager
def span(name: str, attributes: Mapping[str, str | int | float | bool] | None = None) -> Iterator[Span]:
    """Run a block as a span, which records the exception that leaves it."""
    with trace.get_tracer(TRACER).start_as_current_span(name, attributes=dict(attributes or {})) as current:
        yield current


@cache
def registry() -> CollectorRegistry:
    """Return the registry that holds the metrics of this process."""
    from prometheus_client import CollectorRegistry

    return CollectorRegistry()


@cache
def counter(name: str) -> Counter:
    """Return the counter of this name, with the one label ``cluster``; counts are exported as ``NAME_total``.

    Raises:
        KeyError: The name is none of the ``METRIC_`` constants.
    """
    from prometheus_client import Counter

    return Counter(name, _DESCRIPTIONS[name], ["cluster"], registry=registry())


@dataclass(frozen=True, slots=True)
class MetricsServer:
    """A running endpoint; a context manager that ends it."""

    host: str
    port: int
    _server: WSGIServer

    @property
    def url(self) -> str:
        """Where Prometheus reads."""
        return f"http://{self.host}:{self.port}/metrics"

    def close(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def serve_metrics(port: int = 0, *, host: str = "127.0.0.1") -> MetricsServer:
    """Answer Prometheus on a port, 0 for any free one; on loopback alone unless another host is named.

    Raises:
        ConfigurationError: The port cannot be had.
    """
    from prometheus_client import start_http_server

    try:
        server, _ = start_http_server(port, addr=host, registry=registry())
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"The metrics port {port} on {host} cannot be used: {error}. Choose another one, or 0 for any free port."
        ) from error
    return MetricsServer(host, server.server_port, server)
