"""Parses addresses of clusters, written as URLs: ``kafka://host:9092,host2:9092``, ``redpanda://…``, ``memory://name``."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from workbench.errors import ConfigurationError

Scheme: TypeAlias = Literal["kafka", "redpanda", "memory"]

DEFAULT_PORT = 9092
_LARGEST_PORT = 65_535
_SCHEMES = ("kafka", "redpanda", "memory")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_FORMS = "kafka://host:9092,host2:9092, redpanda://host:9092, memory://name, or host:port"


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a cluster, without user name and password."""

    scheme: Scheme
    hosts: tuple[tuple[str, int], ...] = ()
    """Host and port of each bootstrap server; empty for ``memory``."""
    name: str = ""
    """Name of an embedded cluster; empty otherwise."""

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address; a host without scheme is Kafka, without port 9092.

        Raises:
            ConfigurationError: It cannot be read, or holds a user name or password.
        """
        if not isinstance(text, str):
            raise ConfigurationError(f"An address is text such as {_FORMS}; this is {type(text).__name__}.")
        scheme, separator, rest = text.strip().partition("://")
        if not separator:
            scheme, rest = "kafka", scheme
        scheme = scheme.lower()
        if "@" in text:
            raise ConfigurationError(
                "The address holds a user name or password, which a notebook would save. Leave out what stands "
                "before the @, and put the credentials into a profile of workbench.toml: [clusters.NAME] with "
                "sasl_username and sasl_password_env."
            )
        if scheme not in _SCHEMES:
            raise ConfigurationError(f"The address {text!r} begins with an unknown scheme. Use {_FORMS}.")
        rest = rest.removesuffix("/")
        if scheme == "memory":
            if not _NAME.fullmatch(rest):
                raise ConfigurationError(f"The address {text!r} needs a name of letters, digits, '.', '_' or '-'.")
            return cls("memory", name=rest)
        hosts = tuple(_host_and_port(part.strip(), text) for part in rest.split(","))
        return cls(cast("Scheme", scheme), hosts)

    @staticmethod
    def is_meant(text: str) -> bool:
        """Tell whether a text is written as an address and not as a name: scheme, port, list, IP address, localhost."""
        if any(mark in text for mark in ":/,@["):
            return True
        try:
            ipaddress.ip_address(text.strip())
        except ValueError:
            return text.strip().lower() == "localhost"
        return True

    @property
    def bootstrap(self) -> str:
        """The servers as Kafka clients take them: ``host:port,host2:port``."""
        return ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts)

    @property
    def is_loopback(self) -> bool:
        """Whether every host is this machine; true for an in-memory cluster."""
        return all(is_loopback_host(host) for host, _ in self.hosts)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.name or self.bootstrap}"


def _host_and_port(part: str, text: str) -> tuple[str, int]:
    host, port = _split(part, text)
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        if not _NAME.fullmatch(host):
            raise ConfigurationError(f"{host!r} in the address {text!r} is no host name. Use {_FORMS}.") from None
    else:
        host = str(literal)
    return host, port


def _split(part: str, text: str) -> tuple[str, int]:
    if part.startswith("["):
        host, closed, rest = part[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ConfigurationError(f"{part!r} in the address {text!r} is no [IPv6 address]:port.")
        port = rest[1:] if rest else str(DEFAULT_PORT)
    else:
        host, colon, port = part.partition(":")
        port = port if colon else str(DEFAULT_PORT)
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= _LARGEST_PORT):
        raise ConfigurationError(f"{port!r} in the address {text!r} is no port between 1 and {_LARGEST_PORT}.")
    return host, int(port)


def is_loopback_host(host: str) -> bool:
    """Tell whether a host name or IP address is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
