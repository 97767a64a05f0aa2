"""Issues short-lived certificates for tests of TLS: a certificate authority, and keys of brokers and clients."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path

_LIFETIME = dt.timedelta(days=2)
_CLOCK_SKEW = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """PEM files of one broker or client."""

    certificate: Path
    key: Path
    combined: Path
    """Key and certificate in one file, as a Kafka keystore of type PEM needs it."""


class Authority:
    """A certificate authority whose files are kept in a folder.

    Raises:
        MissingExtraError: The package cryptography is not installed.
    """

    def __init__(self, folder: Path, name: str = "Workbench test authority") -> None:
        self.folder = folder
        self.certificate = folder / "authority.pem"
        self._key, self._name = _new_key(), _name(name)
        builder = _builder(self._name, self._name, self._key.public_key(), authority=True)
        self._certificate = _signed(builder, self._key)
        self.certificate.write_bytes(_pem(self._certificate))

    def issue(self, name: str, *hosts: str, valid: tuple[dt.datetime, dt.datetime] | None = None) -> KeyPair:
        """Issue a key and certificate to a common name; hosts are the names and IP addresses that it is valid for."""
        from cryptography import x509

        key = _new_key()
        builder = _builder(_name(name), self._name, key.public_key(), authority=False, valid=valid)
        if hosts:
            alternatives = x509.SubjectAlternativeName([_host(host) for host in hosts])
            builder = builder.add_extension(alternatives, critical=False)
        certificate = _pem(_signed(builder, self._key))
        pair = KeyPair(*(self.folder / f"{name}{suffix}" for suffix in (".crt.pem", ".key.pem", ".pem")))
        pair.certificate.write_bytes(certificate)
        for path, content in ((pair.key, _key_pem(key)), (pair.combined, _key_pem(key) + certificate)):
            path.touch(mode=0o600)
            path.write_bytes(content)
        return pair


def _new_key() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import rsa
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("cryptography"):
            raise
        raise MissingExtraError("Making certificates", package="cryptography", extra="test") from error
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


def _name(common: str) -> Any:
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def _host(host: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _builder(
    subject: Any,
    issuer: Any,
    public_key: Any,
    *,
    authority: bool,
    valid: tuple[dt.datetime, dt.datetime] | None = None,
) -> Any:
    from cryptography import x509

    now = dt.datetime.now(dt.UTC)
    begin, end = valid or (now - _CLOCK_SKEW, now + _LIFETIME)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )


def _signed(builder: Any, key: Any) -> Any:
    from cryptography.hazmat.primitives import hashes

    return builder.sign(key, hashes.SHA256())


def _pem(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    encoded: bytes = certificate.public_bytes(serialization.Encoding.PEM)
    return encoded


def _key_pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    encoded: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return encoded
