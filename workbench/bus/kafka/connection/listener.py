"""Finds out what listens at an address that could not be used as a Kafka broker: TLS, SASL, HTTP, SSH or nothing.

A client that waits for an answer in its own protocol cannot tell these apart: it sees a time-out or a closed socket. So
the question is asked here again on sockets of its own, and the first bytes that come back tell.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.bus.kafka.connection.security import KafkaSecurity

Speaks: TypeAlias = Literal["kafka", "kafka with sasl", "tls", "http", "ssh", "other", "closed", "silent"]

_WAIT_S = 1.0
"""Seconds for each question; a listener in the same region answers in milliseconds."""
_ANSWER_BYTES = 1 << 16
_SHOWN_BYTES = 16
_TLS_RECORD = (0x15, 0x16)
"""First byte of a TLS record: alert and handshake."""
_CORRELATION = 0x776B62


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an address cannot be used, and the setting to change."""

    cause: str
    advice: str
    credentials: bool = False
    """Whether signing in, or a certificate of the client, is missing."""
    final: bool = True
    """Whether waiting longer cannot help."""
    restarting: bool = False
    """Whether a broker that restarts looks like this, so that asking again later may help."""


class UnusableListenerError(OSError):
    """An address cannot be used: nothing answers there, or not as the settings expect."""

    def __init__(self, address: str, finding: Finding) -> None:
        super().__init__(f"{address}: {finding.cause}. {finding.advice}")
        self.finding = finding


async def examine(host: str, port: int, security: KafkaSecurity) -> Finding | None:
    """Ask an address what it speaks; None where the answer is what the settings expect, or where there is none.

    Takes at most a few times `_WAIT_S`.
    """
    if (unreachable := await _unreachable(host, port)) is not None:
        return unreachable
    speaks, first = await _answer_to_kafka(host, port)
    if speaks in ("silent", "closed"):
        # A TLS listener may drop bytes that are not TLS without a word, and an HTTP server waits for a whole line.
        if await _takes_tls(host, port):
            speaks = "tls"
        elif (await _first_bytes(host, port, b"GET / HTTP/1.0\r\n\r\n") or b"").startswith(b"HTTP/"):
            speaks = "http"
    if speaks == "tls" and security.uses_tls:
        return await _refused_over_tls(host, port, security)
    return _finding(speaks, first, security)


_WRONG_PORT = "Give the port of a Kafka listener, often 9092."
_WHATEVER_THE_SETTINGS: Mapping[Speaks, Finding] = {
    "http": Finding("an HTTP server answers there", _WRONG_PORT),
    "ssh": Finding("an SSH server answers there", _WRONG_PORT),
    "closed": Finding(
        "it took the connection and closed it at once, without a byte",
        "A proxy without a broker behind it, a limit of connections or a firewall does that; check the port.",
        restarting=True,
    ),
    "silent": Finding(
        "it took the connection and answers nothing",
        "The broker may be starting or overloaded, or the port belongs to something else; check the port.",
        final=False,
        restarting=True,
    ),
}


def _finding(speaks: Speaks, first: bytes, security: KafkaSecurity) -> Finding | None:
    if speaks in _WHATEVER_THE_SETTINGS:
        return _WHATEVER_THE_SETTINGS[speaks]
    if speaks == "other":
        shown = visible(first[:_SHOWN_BYTES].decode("latin-1"), 4 * _SHOWN_BYTES)
        return Finding(f"what answers there is no Kafka broker (it sent {shown!r})", "Check the port.")
    if speaks == "tls":
        wanted = "SASL_SSL" if security.uses_sasl else "SSL, or SASL_SSL with a sasl_mechanism if it asks to sign in"
        return Finding("it answers with TLS, and the settings say plain text", f"Set security_protocol {wanted}.")
    if security.uses_tls:
        plain = "SASL_PLAINTEXT" if security.uses_sasl or speaks != "kafka" else "PLAINTEXT"
        return Finding(
            "it speaks Kafka without TLS, and the settings say TLS",
            f"Set security_protocol {plain}, or give the port of the TLS listener.",
        )
    if speaks == "kafka with sasl" and not security.uses_sasl:
        return Finding(
            "it speaks Kafka and closes the connection of a client that does not sign in",
            "Set security_protocol SASL_PLAINTEXT, sasl_mechanism, and user name and password.",
            credentials=True,
        )
    return None


async def _unreachable(host: str, port: int) -> Finding | None:
    """Say why no connection is possible: the name, the port or the way there."""
    try:
        async with asyncio.timeout(_WAIT_S * 2):
            _, writer = await asyncio.open_connection(host, port)
    except socket.gaierror:
        return Finding(
            f"the name {visible(host, 100)} does not resolve here", "Check the spelling, the DNS and the VPN."
        )
    except ConnectionRefusedError:
        return Finding(
            f"nothing listens on port {port} of {visible(host, 100)} (connection refused)",
            "Check that the broker runs, and the port.",
            restarting=True,
        )
    except TimeoutError:
        return Finding(
            f"{visible(host, 100)} does not answer on port {port}",
            "A firewall, a missing VPN or a host that is down does that; check the address.",
            final=False,
            restarting=True,
        )
    except OSError as error:
        return Finding(
            f"no connection to {visible(host, 100)} is possible ({error.strerror or error})", "Check the network."
        )
    writer.transport.abort()
    return None


async def _answer_to_kafka(host: str, port: int) -> tuple[Speaks, bytes]:
    """Send two requests without TLS and without signing in, and tell the protocol by the bytes that come back."""
    # A broker answers ApiVersions even before a client has signed in, so this tells whether it is a broker at all.
    first = await _first_bytes(host, port, _request(18, 0, b""))
    if first is None or not first:
        return ("silent" if first is None else "closed"), b""
    if first[0] in _TLS_RECORD and first[1:2] == b"\x03":
        return "tls", first
    if first.startswith((b"HTTP/", b"SSH-")):
        return ("http" if first.startswith(b"HTTP/") else "ssh"), first
    if first[4:8] != struct.pack(">i", _CORRELATION):
        return "other", first
    # Metadata before the SASL exchange is an error of the protocol: such a listener closes the connection.
    no_topics = struct.pack(">i", 0)
    described = await _first_bytes(host, port, _request(3, 1, no_topics))
    return ("kafka" if described else "kafka with sasl"), first


async def _takes_tls(host: str, port: int) -> bool:
    """Whether a TLS handshake succeeds, whatever the certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(_WAIT_S):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except ssl.SSLError as error:
        # A listener that wants a certificate of the client ends an older handshake with this alert.
        return "CERTIFICATE" in (error.reason or "")
    except OSError:
        return False
    writer.transport.abort()
    return True


async def _refused_over_tls(host: str, port: int, security: KafkaSecurity) -> Finding | None:
    """Ask over TLS with the settings of the user: a missing client certificate or SASL shows only then."""
    context: ssl.SSLContext = security.client_options()["ssl_context"]
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # certificates are another module's question
    try:
        first = await _first_bytes(host, port, _request(18, 0, b""), context)
        described = await _first_bytes(host, port, _request(3, 1, struct.pack(">i", 0)), context) if first else b""
    except ssl.SSLError as error:
        if "CERTIFICATE" not in (error.reason or ""):
            return Finding(f"its TLS handshake fails ({error.reason or 'closed'})", "Check the TLS versions of both.")
        first = described = b""
    if first == b"":
        # TLS 1.3 ends the handshake before the listener looks at the client's certificate, so it closes afterwards.
        return Finding(
            "it ends the TLS connection, as a listener does that wants a certificate of the client",
            "Set ssl_certfile and ssl_keyfile; if they are set, the listener does not trust them.",
            credentials=True,
        )
    if first and not described and not security.uses_sasl:
        return Finding(
            "it speaks Kafka over TLS and closes the connection of a client that does not sign in",
            "Set security_protocol SASL_SSL, sasl_mechanism, and user name and password.",
            credentials=True,
        )
    return None


async def _first_bytes(host: str, port: int, question: bytes, context: ssl.SSLContext | None = None) -> bytes | None:
    """Return what comes first after a question: empty where the connection is closed, None where nothing comes."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(_WAIT_S):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
            writer.write(question)
            return await reader.read(_ANSWER_BYTES)
    except TimeoutError:
        return None
    except ssl.SSLError:
        raise
    except OSError:
        return b""
    finally:
        if writer is not None:
            # An orderly end of TLS would wait for a listener that may never answer.
            writer.transport.abort()


def _request(api_key: int, version: int, body: bytes) -> bytes:
    """Encode a request with a header of version 1."""
    client = b"workbench"
    content = struct.pack(">hhih", api_key, version, _CORRELATION, len(client)) + client + body
    return struct.pack(">i", len(content)) + content
