"""Starts OpenTelemetry spans, and reads and writes the W3C trace context in record headers."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from opentelemetry import trace
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from workbench.telemetry.conventions import OPERATION_NAME, SEMANTIC_CONVENTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
    from typing import Any

    from opentelemetry.context import Context
    from opentelemetry.trace import Span

    Attributes = Mapping[str, str | int | float | bool]

P = ParamSpec("P")
R = TypeVar("R")

TRACER = "workbench"
SPAN_PUBLISH = "workbench.publish"
SPAN_RECEIVE = "workbench.receive"
SPAN_HANDLE = "workbench.handle"
SPAN_RETRY = "workbench.retry"
SPAN_DEAD_LETTER = "workbench.dead_letter"
SPAN_CAPTURE = "workbench.capture"
SPAN_REPLAY = "workbench.replay"
SPAN_MANAGE = "workbench.manage"
"""All other operations of a bus: topics, groups, offsets, open and close."""

_SCHEMA = f"https://opentelemetry.io/schemas/{SEMANTIC_CONVENTIONS}"
_W3C = TraceContextTextMapPropagator()


@contextmanager
def span(
    name: str,
    attributes: Attributes | None = None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: Context | None = None,
    links: Sequence[Link] = (),
) -> Iterator[Span]:
    """Run a block inside a span; an exception that leaves the block is recorded on it.

    Args:
        name: One of the ``SPAN_`` constants.
        attributes: By the names of `workbench.telemetry.conventions`.
        kind: Producer, consumer, client or internal.
        parent: Context of the span above; the active one unless given.
        links: Further spans that this one follows from.
    """
    tracer = trace.get_tracer(TRACER, schema_url=_SCHEMA)
    with tracer.start_as_current_span(
        name, context=parent, kind=kind, attributes=dict(attributes or {}), links=list(links)
    ) as current:
        yield current


def is_tracing() -> bool:
    """Tell whether a tracer provider is configured; without one, spans need not be made."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def traced(
    name: str, operation: str = ""
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """Decorate a coroutine function: each call is a span of this name, with the operation as its attribute."""

    def decorate(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        attributes = {OPERATION_NAME: operation or function.__name__}

        @functools.wraps(function)
        async def inside(*args: P.args, **kwargs: P.kwargs) -> R:
            with span(name, attributes, kind=SpanKind.CLIENT):
                return await function(*args, **kwargs)

        inside.span_name = name  # type: ignore[attr-defined]  # read by the test that every operation has one
        return inside

    return decorate


def context_headers() -> dict[str, str]:
    """Return ``traceparent`` and ``tracestate`` of the active span; empty without one."""
    headers: dict[str, str] = {}
    _W3C.inject(headers)
    return headers


def context_of(headers: Sequence[tuple[bytes, bytes | None]]) -> Context | None:
    """Return the producer's context that a record's headers carry; None where they carry no valid one."""
    carried = {
        name.decode("ascii"): value.decode("ascii", "replace")
        for name, value in headers
        if value is not None and name in {b"traceparent", b"tracestate"}
    }
    if "traceparent" not in carried:
        return None
    context = _W3C.extract(carried)
    return context if trace.get_current_span(context).get_span_context().is_valid else None


def link_to(context: Context | None) -> list[Link]:
    """Return a link to the span of a context, as a list; empty without one."""
    found = trace.get_current_span(context).get_span_context()
    return [Link(found)] if found.is_valid else []
