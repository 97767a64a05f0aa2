"""Makes and opens the bus of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.bus import open_log
from workbench.eventbus.bus import EventBus
from workbench.eventbus.configuration.settings import EventBusConfiguration, address_of

if TYPE_CHECKING:
    from pydantic import SecretStr

    from workbench.bus.protocols import RecordLog


async def create_event_bus_from_config(config: EventBusConfiguration) -> EventBus:
    """Make the bus of a configuration and connect it; satisfies `ProtocolEventBus` and `ProtocolKafkaAdapter`.

    On an embedded cluster missing topics are created at first use; elsewhere never.

    Raises:
        ConfigurationError: The settings contradict each other.
        BrokerUnavailableError: No broker answers.
        AuthenticationError: The credentials or the certificate were refused.
    """
    bus = EventBus(
        log_of(config),
        environment=config.environment,
        topic_prefix=config.topic_prefix,
        extra_event_types=config.extra_event_types,
        require_security_context=config.require_security_context,
        read_only=config.read_only,
        create_missing=config.is_memory,
        batch_size=config.batch_size,
        max_poll_records=config.max_poll_records,
        session_timeout_ms=config.session_timeout_ms,
        publish_timeout_ms=config.publish_timeout_ms,
        metrics_port=config.metrics_port if config.enable_metrics else None,
    )
    await bus.start()
    return bus


def log_of(config: EventBusConfiguration) -> RecordLog:
    """Make the record log of a configuration, not yet open."""
    if config.is_memory:
        return open_log(address_of(config))
    provider: Any = config.sasl_token_provider
    return open_log(
        address_of(config),
        security_protocol=config.security_protocol,
        sasl_mechanism=config.sasl_mechanism,
        username=config.sasl_username,
        password=_plain(config.sasl_password),
        token_provider=None if provider is None else provider.get_secret_value(),
        cafile=config.ssl_cafile,
        certfile=config.ssl_certfile,
        keyfile=config.ssl_keyfile,
        key_password=_plain(config.ssl_key_password),
        secrets_without_tls=config.secrets_without_tls,
        timeout_s=config.publish_timeout_ms / 1000,
    )


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
