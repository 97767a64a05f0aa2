"""Ports of loopback that are free for a broker."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing
from random import SystemRandom

from workbench.bus.kafka.local.options import HOST
from workbench.errors import ConfigurationError

# Below the range that systems take for outgoing connections (from 32,768 on Linux, 49,152 elsewhere): a port of that
# range can be taken by any program between choosing it and the broker's start.
_CANDIDATES = range(10_000, 32_768)
_TRIES = 200
_LARGEST_PORT = 65_535


def check_port(port: int) -> None:
    """Refuse a number that is no port.

    Raises:
        ConfigurationError: It is not between 0, which means any free one, and 65535.
    """
    if not 0 <= port <= _LARGEST_PORT:
        raise ConfigurationError(f"The port {port} is not between 0 and {_LARGEST_PORT}.")


def free_port() -> int:
    """Return a port that is free now; raises `ConfigurationError` like `free_ports`."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return ports that are free now, each another one.

    Raises:
        ConfigurationError: Two hundred random ports held too few free ones.
    """
    found: list[int] = []
    with ExitStack() as held:
        for port in SystemRandom().sample(_CANDIDATES, _TRIES):
            if len(found) == count:
                break
            sock = held.enter_context(closing(socket.socket()))
            try:
                sock.bind((HOST, port))
            except OSError:
                continue
            found.append(port)
    if len(found) < count:
        raise ConfigurationError(
            f"Of {_TRIES} ports between {_CANDIDATES[0]} and {_CANDIDATES[-1]} on {HOST}, {len(found)} were free and "
            f"{count} are needed. End programs that listen there, or name the port yourself."
        )
    return found


def is_free(port: int) -> bool:
    """Tell whether a broker could listen on a port now."""
    with closing(socket.socket()) as sock:
        # As the broker itself does: connections that linger after a restart do not count.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, port))
        except OSError:
            return False
    return True
