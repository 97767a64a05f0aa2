"""Security protocols and SASL mechanisms as Kafka writes them, and which of them go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.config.address import Address

SecurityProtocol: TypeAlias = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism: TypeAlias = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"]

_PROTOCOLS: tuple[str, ...] = get_args(SecurityProtocol)
_READABLE = frozenset({"PLAIN", "OAUTHBEARER"})
"""SASL mechanisms that send the secret itself."""
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


def clear_text_fault(
    security_protocol: str, sasl_mechanism: str | None, address: Address, *, allowed: bool
) -> str | None:
    """Say why a secret would not be safe on its way to an address; None where nothing is wrong, or it is allowed.

    SCRAM does not send the password itself, but whoever listens can try passwords against what it sends.

    Args:
        security_protocol: As Kafka writes it.
        sasl_mechanism: As Kafka writes it.
        address: The cluster. What is sent to this machine does not leave it.
        allowed: Whether the user accepts it (``secrets_without_tls``).
    """
    if allowed or security_protocol != "SASL_PLAINTEXT" or address.is_loopback or sasl_mechanism == "GSSAPI":
        return None
    return (
        f"SASL {sasl_mechanism or 'PLAIN'} without TLS lets the network between here and {address} read or guess the "
        "secret. Use security_protocol SASL_SSL; if the network is trusted, set secrets_without_tls = true"
    )


def sends_readably(security_protocol: str, sasl_mechanism: str | None, address: Address) -> bool:
    """Tell whether the secret itself crosses a network that anybody on it can read."""
    return (
        security_protocol == "SASL_PLAINTEXT" and not address.is_loopback and (sasl_mechanism or "PLAIN") in _READABLE
    )
