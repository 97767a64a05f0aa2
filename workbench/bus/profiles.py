"""Makes the record log of a profile; its secrets are read only here, where the client needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.bus import open_log
from workbench.config.memory_limits import max_record_bytes
from workbench.config.resolve import no_http_proxy
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from workbench.bus.protocols import RecordLog
    from workbench.bus.redpanda.proxy import HttpProxy
    from workbench.bus.registry import SchemaRegistry
    from workbench.config import Profile


def log_of(profile: Profile) -> RecordLog:
    """Make the record log of a profile; it is not connected yet."""
    largest = max_record_bytes()
    if profile.address.scheme == "memory":
        return open_log(profile.address, max_record_bytes=largest)
    token = profile.sasl_token

    async def provide() -> str:
        return token.get_secret_value() if token is not None else ""

    return open_log(
        f"kafka://{profile.address.bootstrap}",
        security_protocol=profile.security_protocol,
        sasl_mechanism=profile.sasl_mechanism,
        username=profile.sasl_username,
        password=_plain(profile.sasl_password),
        token_provider=provide if token is not None else None,
        cafile=_path(profile.ssl_cafile),
        certfile=_path(profile.ssl_certfile),
        keyfile=_path(profile.ssl_keyfile),
        key_password=_plain(profile.ssl_key_password),
        secrets_without_tls=profile.secrets_without_tls,
        max_record_bytes=largest,
    )


def registry_of(profile: Profile) -> SchemaRegistry:
    """Make the client of a profile's schema registry; nothing is asked yet.

    Raises:
        ConfigurationError: The profile has none.
    """
    if profile.schema_registry is None:
        raise ConfigurationError(
            f"No schema registry is known for {profile.label}. Set schema_registry_url in its profile in "
            'workbench.toml, or WORKBENCH_SCHEMA_REGISTRY_URL, or connect(…, schema_registry="http://host:8081").'
        )
    # Here, because most connections ask no registry, and the HTTP client takes long to import.
    from workbench.bus.registry import SchemaRegistry

    return SchemaRegistry(profile.schema_registry)


def http_proxy_of(profile: Profile, *, read_only: bool) -> HttpProxy:
    """Make the client of a profile's HTTP proxy; nothing is asked yet.

    Raises:
        ConfigurationError: The profile has none.
    """
    if profile.http_proxy is None:
        raise ConfigurationError(no_http_proxy(profile.label))
    from workbench.bus.redpanda.proxy import HttpProxy

    return HttpProxy(profile.http_proxy, read_only=read_only)


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _path(path: object) -> str | None:
    return None if path is None else str(path)
