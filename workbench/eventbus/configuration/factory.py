"""Makes and opens the bus of a configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.bus import open_log
from workbench.config.admin_api import AdminSettings, admin_urls
from workbench.config.schema_registry import SchemaRegistrySettings, registry_urls
from workbench.eventbus.bus import EventBus
from workbench.eventbus.configuration.settings import EventBusConfiguration, address_of

if TYPE_CHECKING:
    from pydantic import SecretStr

    from workbench.bus.protocols import RecordLog


async def create_event_bus_from_config(config: EventBusConfiguration) -> EventBus:
    """Make the bus of a configuration and connect it; satisfies `ProtocolEventBus` and `ProtocolKafkaAdapter`.

    For Redpanda, for an embedded cluster, and where a URL of a Redpanda service is given, it is a `RedpandaEventBus`,
    which satisfies `ProtocolRedpandaAdapter` as well; user and password of the brokers are those of its services. On an
    embedded cluster missing topics are created at first use; elsewhere never.

    Raises:
        ConfigurationError: The settings contradict each other.
        BrokerUnavailableError: No broker answers.
        AuthenticationError: The credentials or the certificate were refused.
    """
    options: dict[str, Any] = {
        "environment": config.environment,
        "topic_prefix": config.topic_prefix,
        "extra_event_types": config.extra_event_types,
        "require_security_context": config.require_security_context,
        "read_only": config.read_only,
        "create_missing": config.is_memory,
        "batch_size": config.batch_size,
        "max_poll_records": config.max_poll_records,
        "session_timeout_ms": config.session_timeout_ms,
        "publish_timeout_ms": config.publish_timeout_ms,
        "metrics_port": config.metrics_port if config.enable_metrics else None,
    }
    bus = _redpanda(config, options) if _has_redpanda_parts(config) else EventBus(log_of(config), **options)
    await bus.start()
    return bus


def _has_redpanda_parts(config: EventBusConfiguration) -> bool:
    urls = (config.admin_url, config.schema_registry_url)
    return config.is_memory or config.backend_type == "redpanda" or any(url is not None for url in urls)


def _redpanda(config: EventBusConfiguration, options: dict[str, Any]) -> EventBus:
    # Imported here: a bus on Kafka alone needs neither HTTP nor WebAssembly.
    from workbench.eventbus.redpanda import RedpandaEventBus

    return RedpandaEventBus(log_of(config), registry=_registry_of(config), admin=_admin_of(config), **options)


def _registry_of(config: EventBusConfiguration) -> SchemaRegistrySettings | None:
    if config.schema_registry_url is None:
        return None
    settings = SchemaRegistrySettings(urls=registry_urls(config.schema_registry_url), **_http_security(config))
    settings.check("schema_registry_url")
    return settings


def _admin_of(config: EventBusConfiguration) -> AdminSettings | None:
    if config.admin_url is None:
        return None
    hosts = tuple(url.rpartition("//")[2].rpartition(":")[0].strip("[]") for url in config.broker_urls)
    settings = AdminSettings(urls=admin_urls(config.admin_url), hosts=hosts, **_http_security(config))
    settings.check("admin_url")
    return settings


def _http_security(config: EventBusConfiguration) -> dict[str, Any]:
    """Return credentials and certificates as the HTTP services of Redpanda take them: those of its brokers."""
    signs_in = config.sasl_username is not None and config.sasl_password is not None
    files = {"cafile": config.ssl_cafile, "certfile": config.ssl_certfile, "keyfile": config.ssl_keyfile}
    return {
        "username": config.sasl_username if signs_in else None,
        "password": config.sasl_password if signs_in else None,
        **{name: None if path is None else Path(path) for name, path in files.items()},
        "key_password": config.ssl_key_password,
        "secrets_without_tls": config.secrets_without_tls,
    }


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
