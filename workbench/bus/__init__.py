"""Record logs: topics, partitions, offsets and consumer groups of a cluster, behind one protocol."""

from __future__ import annotations

from typing import Any

from workbench.bus.oversized import DEFAULT_LARGEST
from workbench.bus.protocols import RecordLog
from workbench.config import Address
from workbench.errors import ConfigurationError

__all__ = ["RecordLog", "open_log"]


def open_log(address: Address | str, **options: Any) -> RecordLog:
    """Make the record log for an address, not yet open; ``async with`` opens it.

    Args:
        address: ``memory://name``, ``kafka://host:port,host2:port`` or ``redpanda://host:port``.
        options: For Kafka and Redpanda, the fields of `workbench.bus.kafka.KafkaSecurity` (``security_protocol``,
            ``sasl_mechanism``, ``username``, ``password``, ``cafile``, ``certfile``, ``keyfile``, ``key_password``,
            ``token_provider``, ``secrets_without_tls``), ``timeout_s``, ``connect_timeout_s`` and ``client_id``. For
            every address, ``max_record_bytes``: the size of the largest record that is read. None counts as not given.

    Raises:
        ConfigurationError: The address or an option cannot be used.
    """
    where = Address.parse(address) if isinstance(address, str) else address
    given = {key: value for key, value in options.items() if value is not None}
    if where.scheme == "memory":
        largest = given.pop("max_record_bytes", DEFAULT_LARGEST)
        if given:
            raise ConfigurationError(f"memory:// takes no {', '.join(sorted(given))}: it is inside this process.")
        from workbench.bus.memory import MemoryLog

        return MemoryLog(where.name, max_record_bytes=largest)
    from workbench.bus.kafka import KafkaLog

    return KafkaLog.with_options(where, given)
