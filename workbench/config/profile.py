"""The connection settings of one cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr

    from workbench.config.address import Address
    from workbench.config.admin_api import AdminSettings
    from workbench.config.http_proxy import HttpProxySettings
    from workbench.config.schema_registry import SchemaRegistrySettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The address of a cluster with its security settings. Secrets are not shown by ``repr``."""

    address: Address
    name: str | None = None
    """Name of the profile in ``workbench.toml``; None for a bare address."""
    protected: bool = False
    """Whether a replay to this cluster must be confirmed by typing the target's name."""
    development: bool = False
    """Whether it is a development cluster; true for loopback unless the profile says otherwise."""
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    sasl_token: SecretStr | None = None
    """Bearer token, for OAUTHBEARER."""
    admin: AdminSettings | None = None
    """The Admin API of a Redpanda cluster; None where none is configured."""
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    ssl_key_password: SecretStr | None = None
    secrets_without_tls: bool = False
    """Whether credentials may be sent to another machine without TLS."""
    schema_registry: SchemaRegistrySettings | None = None
    """The schema registry of the cluster; None where none is configured."""
    http_proxy: HttpProxySettings | None = None
    """Redpanda's HTTP proxy of the cluster; None where none is configured."""

    @property
    def label(self) -> str:
        """Name for display: the profile's name, else the address."""
        return self.name or str(self.address)
