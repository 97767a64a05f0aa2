"""TLS and SASL settings of a cluster, checked before any connection is made."""

from __future__ import annotations

import ssl
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiokafka.abc import AbstractTokenProvider
from aiokafka.helpers import create_ssl_context

from workbench.config.security import clear_text_fault, security_faults, sends_readably, uses_sasl
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from os import PathLike

    from workbench.config import Address
    from workbench.config.security import SaslMechanism, SecurityProtocol

_WITH_PASSWORD = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


class _Tokens(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka ships no types
    def __init__(self, provide: Callable[[], Awaitable[str]]) -> None:
        self._provide = provide

    async def token(self) -> str:
        return await self._provide()


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaSecurity:
    """Security settings of one cluster; secrets never appear in ``repr``.

    Raises:
        ConfigurationError: Settings that contradict each other or name something unknown.
    """

    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: str | PathLike[str] | None = None
    """Certificates that may sign the broker's; the system's own when None."""
    certfile: str | PathLike[str] | None = None
    """Client certificate, for mutual TLS."""
    keyfile: str | PathLike[str] | None = None
    key_password: str | None = field(default=None, repr=False)
    token_provider: Callable[[], Awaitable[str]] | None = field(default=None, repr=False)
    """Called for a fresh token at each connection (``OAUTHBEARER``)."""
    secrets_without_tls: bool = False
    """Whether credentials may be sent to another machine without TLS."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work; the error names the field."""
        for setting, fault in security_faults(self.security_protocol, self.sasl_mechanism):
            raise ConfigurationError(f"{setting} {fault}.")
        if self.sasl_mechanism in _WITH_PASSWORD and (self.username is None or self.password is None):
            raise ConfigurationError(f"sasl_mechanism {self.sasl_mechanism} needs username and password.")
        if self.sasl_mechanism == "OAUTHBEARER" and self.token_provider is None:
            raise ConfigurationError("sasl_mechanism OAUTHBEARER needs a token provider.")
        if not self.uses_tls and (self.cafile or self.certfile or self.keyfile):
            raise ConfigurationError("cafile, certfile and keyfile need security_protocol SSL or SASL_SSL.")

    def check_for(self, address: Address) -> None:
        """Refuse to send a secret without TLS to another machine unless it is allowed; warn where it is readable.

        Raises:
            ConfigurationError: It is not allowed.
        """
        settings = (self.security_protocol, self.sasl_mechanism, address)
        if (fault := clear_text_fault(*settings, allowed=self.secrets_without_tls)) is not None:
            raise ConfigurationError(f"{fault} (open_log(…, secrets_without_tls=True)).")
        if sends_readably(*settings):
            warnings.warn(
                f"SASL {self.sasl_mechanism} without TLS sends the secret readably to {address}.",
                UserWarning,
                stacklevel=2,
            )

    @property
    def uses_sasl(self) -> bool:
        """Whether a SASL exchange happens."""
        return uses_sasl(self.security_protocol)

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.security_protocol.endswith("SSL")

    def client_options(self) -> dict[str, Any]:
        """Return the keyword arguments that aiokafka's connections and consumers share.

        Raises:
            ConfigurationError: A certificate or key file cannot be read.
        """
        options: dict[str, Any] = {"security_protocol": self.security_protocol}
        if self.uses_tls:
            options["ssl_context"] = self._tls_context()
        if self.sasl_mechanism is not None:
            options["sasl_mechanism"] = self.sasl_mechanism
            options["sasl_plain_username"] = self.username
            options["sasl_plain_password"] = self.password
        if self.token_provider is not None:
            options["sasl_oauth_token_provider"] = _Tokens(self.token_provider)
        return options

    def _tls_context(self) -> ssl.SSLContext:
        try:
            context: ssl.SSLContext = create_ssl_context(
                cafile=self.cafile,
                certfile=self.certfile,
                keyfile=self.keyfile,
                password=self.key_password,
            )
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(
                f"A TLS file cannot be used (cafile {self.cafile}, certfile {self.certfile}, keyfile {self.keyfile}): "
                f"{error.strerror or error}.",
            ) from error
        return context
