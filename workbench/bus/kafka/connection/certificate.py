"""Says what is wrong with a broker's certificate: expired, for another name, or signed by an unknown authority."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING, Any

from workbench.text import visible

if TYPE_CHECKING:
    from workbench.bus.kafka.connection.security import KafkaSecurity

_WAIT_S = 2.0
_EXPIRED, _NOT_YET = 10, 9
_OTHER_NAME = frozenset({62, 63, 64})
_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21})
"""Results of OpenSSL's verification: ``X509_V_ERR_*`` in its documentation."""
_NO_CHECK_TIME = 0x200000
"""OpenSSL's ``X509_V_FLAG_NO_CHECK_TIME``, which the ssl module does not name."""


class UntrustedCertificateError(ssl.SSLError):
    """A certificate was refused; ``why`` says the reason, with its names and dates."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


async def untrusted(
    error: ssl.SSLCertVerificationError,
    host: str,
    port: int,
    security: KafkaSecurity,
    before: str = "",
) -> UntrustedCertificateError:
    """Make the error that says which certificate was refused and why; it reads the certificate once more for that."""
    found = await _certificate(host, port, security)
    return UntrustedCertificateError(
        f"{before}the certificate of {host}:{port} {_reason(error, found, host, security)}"
    )


def _reason(error: ssl.SSLCertVerificationError, found: dict[str, Any], host: str, security: KafkaSecurity) -> str:
    code = error.verify_code
    subject = f" ({_name(found.get('subject'))})" if found else ""
    if code == _EXPIRED:
        when = f" on {found['notAfter']}" if "notAfter" in found else ""
        return f"expired{when}{subject}. The broker needs a new one; check the clock of this machine, too."
    if code == _NOT_YET:
        when = f" before {found['notBefore']}" if "notBefore" in found else " yet"
        return f"is not valid{when}{subject}. Check the clocks of both machines."
    if code in _OTHER_NAME:
        names = ", ".join(visible(str(name), 80) for _, name in found.get("subjectAltName", ())) or "no name"
        return f"is valid for {names}, not for {host}. Connect by one of its names, or have it issued for {host}."
    if code in _UNKNOWN_AUTHORITY:
        trusted = f"in cafile {security.cafile}" if security.cafile else "among the authorities of this system"
        issuer = f"by {_name(found.get('issuer'))}" if found else "by an authority"
        return (
            f"is signed {issuer}, which is not {trusted}{subject}. Set ssl_cafile (cafile) to the certificate of that "
            "authority."
        )
    return f"was refused: {error.verify_message}{subject}. Check ssl_cafile (cafile)."


def _name(parts: Any) -> str:
    """Write the common name of a subject or issuer, else all of it."""
    flat = [(key, value) for part in parts or () for key, value in part]
    common = [value for key, value in flat if key == "commonName"]
    return visible(common[0] if common else ", ".join(f"{key}={value}" for key, value in flat) or "no name", 100)


async def _certificate(host: str, port: int, security: KafkaSecurity) -> dict[str, Any]:
    """Return the decoded certificate that a listener shows; empty where it cannot be read.

    The ssl module decodes only a certificate that it has verified. So it is fetched unverified first, and then trusted
    as its own authority, without a look at time and name.
    """
    fetching = _context(security)
    fetching.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(OSError, TimeoutError):
        shown = await _handshake(host, port, fetching)
        raw: bytes | None = shown.getpeercert(binary_form=True)
        if raw is None:
            return {}
        decoding = _context(security)
        decoding.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(raw))
        decoding.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
        return dict((await _handshake(host, port, decoding)).getpeercert() or {})
    return {}


def _context(security: KafkaSecurity) -> ssl.SSLContext:
    context: ssl.SSLContext = security.client_options()["ssl_context"]
    context.check_hostname = False
    return context


async def _handshake(host: str, port: int, context: ssl.SSLContext) -> Any:
    async with asyncio.timeout(_WAIT_S):
        _, writer = await asyncio.open_connection(host, port, ssl=context)
    writer.transport.abort()
    return writer.get_extra_info("ssl_object")
