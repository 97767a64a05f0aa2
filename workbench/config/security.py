"""Security protocols and SASL mechanisms as Kafka writes them, and which of them go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator

SecurityProtocol: TypeAlias = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism: TypeAlias = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"]

_PROTOCOLS: tuple[str, ...] = get_args(SecurityProtocol)
_MECHANISMS: tuple[str, ...] = get_args(SaslMechanism)


def uses_sasl(security_protocol: str) -> bool:
    """Tell whether a connection of this protocol begins with a SASL exchange."""
    return security_protocol.startswith("SASL_")


def security_faults(security_protocol: str, sasl_mechanism: str | None) -> Iterator[tuple[str, str]]:
    """Find what is unknown or contradicts itself: the name of the setting, and what is wrong with it."""
    if security_protocol not in _PROTOCOLS:
        yield "security_protocol", f"{security_protocol!r} is unknown; use one of {', '.join(_PROTOCOLS)}"
    if sasl_mechanism is not None and sasl_mechanism not in _MECHANISMS:
        yield "sasl_mechanism", f"{sasl_mechanism!r} is unknown; use one of {', '.join(_MECHANISMS)}"
    if uses_sasl(security_protocol) and sasl_mechanism is None:
        yield "security_protocol", f"{security_protocol} needs sasl_mechanism"
    if not uses_sasl(security_protocol) and sasl_mechanism is not None:
        yield "sasl_mechanism", "needs security_protocol SASL_PLAINTEXT or SASL_SSL"
