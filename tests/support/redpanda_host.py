"""The Redpanda that ``WORKBENCH_REDPANDA`` names, on which the suites run in place of the servers of the tests."""

from __future__ import annotations

import os
from dataclasses import dataclass

KAFKA_PORT, ADMIN_PORT, REGISTRY_PORT, PROXY_PORT = 9092, 9644, 8081, 8082


@dataclass(frozen=True)
class RedpandaHost:
    """Where its interfaces answer."""

    host: str
    kafka: str
    """``host:port`` of the listener for clients of Kafka."""

    @property
    def admin_url(self) -> str:
        return f"http://{self.host}:{ADMIN_PORT}"

    @property
    def registry_url(self) -> str:
        return f"http://{self.host}:{REGISTRY_PORT}"

    @property
    def proxy_url(self) -> str:
        return f"http://{self.host}:{PROXY_PORT}"


def named_redpanda() -> RedpandaHost | None:
    """Read ``host``, or ``host:port`` where Kafka's clients are served at another port than 9092."""
    text = os.environ.get("WORKBENCH_REDPANDA", "").strip()
    host, _, port = text.partition(":")
    return RedpandaHost(host, f"{host}:{port or KAFKA_PORT}") if host else None


REDPANDA = named_redpanda()
