"""The endpoint is served on loopback when asked for, and a port in use is an error that names it."""

from __future__ import annotations

import socket
import urllib.request

import pytest

from workbench import telemetry
from workbench.errors import ConfigurationError


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
