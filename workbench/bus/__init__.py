"""Record logs behind one protocol: memory, Kafka, and the event-bus contract above them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog

__all__ = ["open_log"]

_DEFAULT_PORT = 9092


def open_log(address: object, **options: Any) -> RecordLog:
    """Make the record log for an address, unopened; ``async with`` opens it.

    Args:
        address: ``memory://name`` or ``kafka://host:port,host2:port``, as text or as `workbench.config.Address`.
        options: For Kafka, the fields of `workbench.bus.kafka.KafkaSecurity` (``security_protocol``,
            ``sasl_mechanism``, ``username``, ``password``, ``cafile``, ``certfile``, ``keyfile``, ``token_provider``),
            ``timeout_s``, ``connect_timeout_s`` and ``client_id``. Options that are None count as not given.

    Raises:
        ConfigurationError: The address or an option cannot be used.
    """
    scheme, hosts, name = _parts(address)
    given = {key: value for key, value in options.items() if value is not None}
    if scheme == "memory":
        if given:
            raise ConfigurationError(f"memory:// takes no {', '.join(sorted(given))}: it is inside this process.")
        from workbench.bus.memory import MemoryLog

        return MemoryLog(name)
    if scheme == "kafka":
        return _kafka(hosts, given)
    raise ConfigurationError(f"{scheme}:// has no record log; use memory:// or kafka://.")


def _kafka(hosts: tuple[tuple[str, int], ...], options: dict[str, Any]) -> RecordLog:
    from dataclasses import fields

    from workbench.bus.kafka import KafkaLog, KafkaSecurity

    of_security = {field.name for field in fields(KafkaSecurity)}
    of_log = {"timeout_s", "connect_timeout_s", "client_id"}
    if unknown := options.keys() - of_security - of_log:
        raise ConfigurationError(
            f"Unknown option {', '.join(sorted(unknown))} for kafka://; known are "
            f"{', '.join(sorted(of_security | of_log))}.",
        )
    if not hosts:
        raise ConfigurationError("kafka:// needs at least one host, as in kafka://localhost:9092.")
    security = KafkaSecurity(**{key: value for key, value in options.items() if key in of_security})
    return KafkaLog(
        hosts,
        security=security,
        **{key: value for key, value in options.items() if key in of_log},
    )


def _parts(address: object) -> tuple[str, tuple[tuple[str, int], ...], str]:
    """Take an address apart: scheme, hosts with ports, and the name behind memory://."""
    if not isinstance(address, str):
        hosts = tuple(_host(host) if isinstance(host, str) else tuple(host) for host in getattr(address, "hosts", ()))
        return str(getattr(address, "scheme", "")), hosts, str(getattr(address, "name", "") or "")
    scheme, found, rest = address.partition("://")
    if not found:
        scheme, rest = "kafka", address
    if scheme == "memory":
        return scheme, (), rest
    return scheme, tuple(_host(host) for host in rest.rstrip("/").split(",") if host), ""


def _host(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"{text!r} is no host:port.") from error
    if parts.username is not None:
        raise ConfigurationError(
            "An address must not hold a user name or password, because a notebook would save it; use a profile.",
        )
    if not host or parts.path:
        raise ConfigurationError(f"{text!r} is no host:port.")
    return host, port or _DEFAULT_PORT
