"""Spans and metrics: silent until configured, closed to the world, honest about ports."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.request

import pytest

from workbench import telemetry
from workbench.errors import ConfigurationError


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


def test_metrics_are_served_on_loopback_when_asked():
    telemetry.counter(telemetry.METRIC_CAPTURED).labels("c1").inc(5)
    with telemetry.serve_metrics() as server:
        assert server.host == "127.0.0.1"
        with urllib.request.urlopen(server.url, timeout=5) as answer:
            assert 'workbench_captured_records_total{cluster="c1"} 5.0' in answer.read().decode()
    with socket.socket() as sock:
        assert sock.connect_ex(("127.0.0.1", server.port)) != 0


def test_a_port_in_use_is_said():
    with telemetry.serve_metrics() as server, pytest.raises(ConfigurationError, match=f"metrics port {server.port}"):
        telemetry.serve_metrics(server.port)


def test_names_are_known_and_the_same_counter_comes_back():
    names = [value for key, value in vars(telemetry).items() if key.startswith("METRIC_")]
    for name in names:
        assert telemetry.counter(name) is telemetry.counter(name)
    with pytest.raises(KeyError):
        telemetry.counter("workbench_other")
