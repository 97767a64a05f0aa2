"""Defines the options of a packaged broker, and writes its ``server.properties`` from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from workbench.config.security import SecurityProtocol

HOST = "127.0.0.1"
Mechanism: TypeAlias = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]

_LOGIN = "org.apache.kafka.common.security"
_SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files that the broker uses for TLS."""

    keystore: Path
    """The broker's private key and certificate chain, in one file."""
    truststore: Path
    """Certificates of the authorities that client certificates are checked against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecureListener:
    """A TLS or SASL listener on loopback, in addition to the plain one."""

    name: str
    """Upper-case letters and digits; names the listener in the broker's configuration."""
    port: int
    protocol: SecurityProtocol
    mechanism: Mechanism | None = None
    client_certificate: bool = False
    """Whether a client must show a certificate (mutual TLS)."""

    def __post_init__(self) -> None:
        """Refuse combinations that a broker does not support."""
        if not (self.name.isascii() and self.name.isalnum() and self.name.isupper()):
            raise ConfigurationError(f"The listener name {self.name!r} must be upper-case letters and digits.")
        if self.protocol.startswith("SASL_") != (self.mechanism is not None):
            raise ConfigurationError(f"Listener {self.name}: a mechanism goes with a SASL protocol, and only with one.")
        if self.client_certificate and not self.protocol.endswith("SSL"):
            raise ConfigurationError(f"Listener {self.name}: client certificates need SSL or SASL_SSL.")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOptions:
    """Options of a packaged broker; the defaults are one PLAINTEXT listener and no authorizer.

    The plain listener stays there for the broker itself and for set-up. With ``authorizer`` its anonymous user is a
    super user, so what is to be tested goes through a listener of its own. Passwords here are for development: they
    stand in the broker's files, readable by their owner alone.
    """

    listeners: tuple[SecureListener, ...] = ()
    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Passwords by name, for PLAIN and SCRAM; SCRAM users are made when the data folder is."""
    tls: TlsFiles | None = None
    authorizer: bool = False
    """Whether rights (ACLs) are checked; what no rule allows is then refused."""
    super_users: tuple[str, ...] = ()
    """Principals that may do everything, for instance ``User:admin``."""
    auto_create_topics: bool = False
    heap_mb: int = 768
    quick_start: bool = True
    """Start in half of the time, with code that Java compiles only roughly. False is how clusters run, and is for
    measurements: once it is warm, such a broker takes half of the CPU for each record."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Further properties of ``server.properties``; they override the generated ones."""

    def __post_init__(self) -> None:
        """Refuse options that the broker would report in its log only."""
        names = [listener.name for listener in self.listeners]
        if len(set(names)) != len(names) or {"PLAINTEXT", "CONTROLLER"} & set(names):
            raise ConfigurationError(f"Listener names must differ, also from PLAINTEXT and CONTROLLER: {names}.")
        if self.tls is None and any(listener.protocol.endswith("SSL") for listener in self.listeners):
            raise ConfigurationError("An SSL listener needs the options' tls files.")
        for name, password in self.users.items():
            if any(character in name + password for character in "\"'\\,[]=\r\n"):
                raise ConfigurationError(
                    f"The user {name!r}: quotes, commas, brackets, = and \\ are not possible here."
                )

    @property
    def scram_credentials(self) -> list[str]:
        """Return the arguments of the storage tool's ``--add-scram``, one for each SCRAM mechanism served and user."""
        served = sorted({listener.mechanism for listener in self.listeners if listener.mechanism in _SCRAM})
        return [
            f"{mechanism}=[name={name},password={password}]"
            for mechanism in served
            for name, password in self.users.items()
        ]


def server_properties(options: BrokerOptions, *, port: int, controller_port: int, logs: Path) -> str:
    """Return the text of ``server.properties``."""
    served = [("PLAINTEXT", port, "PLAINTEXT"), *((one.name, one.port, one.protocol) for one in options.listeners)]
    addresses = [f"{name}://{HOST}:{number}" for name, number, _ in served]
    protocols = [f"{name}:{protocol}" for name, _, protocol in served]
    lines = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "listeners": ",".join([*addresses, f"CONTROLLER://{HOST}:{controller_port}"]),
        "advertised.listeners": ",".join(addresses),
        "listener.security.protocol.map": ",".join([*protocols, "CONTROLLER:PLAINTEXT"]),
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(logs),
        "auto.create.topics.enable": str(options.auto_create_topics).lower(),
        "group.initial.rebalance.delay.ms": "0",
        # After kill -9 the controller waits this long for the broker's former life to end.
        "broker.session.timeout.ms": "4000",
        "broker.heartbeat.interval.ms": "1000",
        **_SINGLE_NODE,
    }
    for listener in options.listeners:
        lines |= _listener_lines(listener, options)
    if options.authorizer:
        lines["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
        lines["super.users"] = ";".join(["User:ANONYMOUS", *options.super_users])
    return "".join(f"{key}={_escaped(value)}\n" for key, value in (lines | dict(options.properties)).items())


_SINGLE_NODE = {
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "5",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "5",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "5",
}


def _escaped(value: str) -> str:
    """Escape a value for Java's properties format."""
    return value.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")


def _listener_lines(listener: SecureListener, options: BrokerOptions) -> dict[str, str]:
    prefix = f"listener.name.{listener.name.lower()}"
    lines: dict[str, str] = {}
    if listener.protocol.endswith("SSL") and options.tls is not None:
        lines |= {
            f"{prefix}.ssl.keystore.type": "PEM",
            f"{prefix}.ssl.keystore.location": str(options.tls.keystore),
            f"{prefix}.ssl.truststore.type": "PEM",
            f"{prefix}.ssl.truststore.location": str(options.tls.truststore),
            f"{prefix}.ssl.client.auth": "required" if listener.client_certificate else "none",
        }
    if listener.mechanism is not None:
        lines[f"{prefix}.sasl.enabled.mechanisms"] = listener.mechanism
        lines[f"{prefix}.{listener.mechanism.lower()}.sasl.jaas.config"] = _login(listener.mechanism, options)
    return lines


def _login(mechanism: Mechanism, options: BrokerOptions) -> str:
    if mechanism == "PLAIN":
        users = " ".join(f'user_{name}="{password}"' for name, password in options.users.items())
        return f"{_LOGIN}.plain.PlainLoginModule required {users};"
    if mechanism == "OAUTHBEARER":
        return f'{_LOGIN}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";'
    return f"{_LOGIN}.scram.ScramLoginModule required;"
