"""Ports for brokers."""

from __future__ import annotations

import socket

import pytest

from workbench.bus.kafka.local import ports
from workbench.errors import ConfigurationError


def test_ports_differ_and_lie_below_those_of_outgoing_connections():
    found = ports.free_ports(60)
    assert len(set(found)) == 60
    assert all(10_000 <= port < 32_768 and ports.is_free(port) for port in found)


def test_a_port_in_use_is_never_chosen(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "_CANDIDATES", range(port, port + 1))
        monkeypatch.setattr(ports, "_TRIES", 1)
        assert not ports.is_free(port)
        with pytest.raises(ConfigurationError, match=r"Of 1 ports .*, 0 were free and 2 are needed"):
            ports.free_ports(2)
