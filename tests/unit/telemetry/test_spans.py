"""Spans do nothing without an SDK, and reach one with the exception that left them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from workbench import telemetry


def test_spans_are_nothing_without_an_sdk():
    code = (
        "import sys\nfrom workbench import telemetry\n"
        "with telemetry.span(telemetry.SPAN_CAPTURE, {'topic': 'x'}) as span:\n"
        "    print(span.is_recording(), [name for name in sys.modules if name.startswith('opentelemetry.sdk')])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False []\n"


def test_spans_reach_an_sdk_with_the_exception_that_left_them():
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    from opentelemetry import trace
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    before = trace._TRACER_PROVIDER
    trace._TRACER_PROVIDER = provider
    try:
        with pytest.raises(RuntimeError), telemetry.span(telemetry.SPAN_REPLAY, {"workbench.records": 3}):
            raise RuntimeError("boom")
    finally:
        trace._TRACER_PROVIDER = before
        provider.shutdown()
    (span,) = exporter.get_finished_spans()
    assert (span.name, span.attributes["workbench.records"]) == ("workbench.replay", 3)
    assert span.status.is_ok is False
    assert span.events[0].name == "exception"
