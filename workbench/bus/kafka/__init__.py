"""The record log of Apache Kafka: aiokafka connects and authenticates; fetching, producing and decoding are ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.bus.kafka.connection.security import KafkaSecurity
    from workbench.bus.kafka.log import KafkaLog

__all__ = ["KafkaLog", "KafkaSecurity"]


def __getattr__(name: str) -> Any:
    """Import on first use: starting the packaged broker needs neither a client nor Arrow."""
    if name == "KafkaLog":
        from workbench.bus.kafka.log import KafkaLog

        return KafkaLog
    if name == "KafkaSecurity":
        from workbench.bus.kafka.connection.security import KafkaSecurity

        return KafkaSecurity
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
