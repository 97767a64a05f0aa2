"""Translates errors of aiokafka, of sockets and of the protocol into those of `workbench.errors`, at one place."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiokafka import errors as kafka_errors

from workbench.bus.kafka.connection.certificate import UntrustedCertificateError
from workbench.bus.kafka.connection.listener import UnusableListenerError
from workbench.bus.kafka.wire.codes import AUTHORIZATION, Code, CodeError
from workbench.errors import (
    AuthenticationError,
    BrokerUnavailableError,
    ConfigurationError,
    UnknownTopicError,
    WorkbenchError,
)
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CREDENTIALS = (
    kafka_errors.AuthenticationFailedError,
    kafka_errors.AuthenticationMethodNotSupported,
    kafka_errors.SaslAuthenticationFailed,
    kafka_errors.UnsupportedSaslMechanismError,
    kafka_errors.IllegalSaslStateError,
)
NOT_ANSWERED = (kafka_errors.KafkaError, OSError, TimeoutError)
"""Errors of a request that got no answer: the broker may or may not have worked on it."""
_REFUSED_SETTING = frozenset(
    {
        Code.INVALID_TOPIC,
        Code.INVALID_PARTITIONS,
        Code.INVALID_REPLICATION_FACTOR,
        Code.INVALID_CONFIG,
        Code.INVALID_REQUEST,
        Code.POLICY_VIOLATION,
    },
)


def is_authentication(error: BaseException) -> bool:
    """Whether the credentials or the certificate were refused, so that another address cannot help."""
    return isinstance(error, (*_CREDENTIALS, ssl.SSLCertVerificationError, ssl.SSLError))


def translate(error: BaseException, doing: str, addresses: Sequence[str], mechanism: str | None) -> WorkbenchError:
    """Return the error of `workbench.errors` that says what failed, where, and what to do next."""
    where = ", ".join(addresses)
    if isinstance(error, CodeError):
        return _from_code(error, doing, where, addresses, mechanism)
    if isinstance(error, UnusableListenerError) and not error.finding.credentials:
        return BrokerUnavailableError(f"{doing} failed: {error}", addresses=addresses)
    if isinstance(error, UnusableListenerError) or is_authentication(error):
        return AuthenticationError(
            f"{doing} failed: {_refusal(error, where, mechanism)}",
            mechanism="TLS" if isinstance(error, ssl.SSLError) else mechanism,
        )
    if isinstance(error, kafka_errors.KafkaError) and (code := getattr(error, "errno", None)) in AUTHORIZATION:
        # The consumer of aiokafka raises by class what the broker answered by code.
        return _from_code(CodeError(code, str(*error.args[:1])), doing, where, addresses, mechanism)
    if isinstance(error, kafka_errors.IncompatibleBrokerVersion | NotImplementedError):
        return WorkbenchError(f"{doing} failed: {where} is too old or too new for this request ({error}).")
    return BrokerUnavailableError(
        f"{doing} failed: no answer from {where} ({_short(error)}). Check that the broker runs, the address, and "
        "that the names it advertises can be reached from here.",
        addresses=addresses,
    )


def _refusal(error: BaseException, where: str, mechanism: str | None) -> str:
    """Say why a broker refused the client, or the client the broker, and which setting to change."""
    if isinstance(error, UnusableListenerError):
        return str(error)
    if isinstance(error, UntrustedCertificateError):
        return error.why
    if isinstance(error, ssl.SSLError):
        return (
            f"TLS with {where} could not be set up ({getattr(error, 'reason', None) or error}). "
            "Check cafile, certfile and keyfile, and that the port speaks TLS."
        )
    if isinstance(error, kafka_errors.IllegalSaslStateError):
        return (
            f"{where} does not ask to sign in, and the settings do. Set security_protocol PLAINTEXT or SSL, or give "
            "the port of the SASL listener."
        )
    if isinstance(error, kafka_errors.UnsupportedSaslMechanismError):
        _, found, offered = str(error).partition("Enabled mechanisms are: ")
        known = f"it offers {visible(offered, 200)}" if found else "ask its operator which one it offers"
        return f"{where} does not offer the sasl_mechanism {mechanism}; {known}."
    return (
        f"{where} refused the credentials ({type(error).__name__}). Check mechanism, user name and password of the "
        "profile."
    )


def _from_code(
    error: CodeError,
    doing: str,
    where: str,
    addresses: Sequence[str],
    mechanism: str | None,
) -> WorkbenchError:
    if error.code in AUTHORIZATION:
        return AuthenticationError(
            f"{doing} is not allowed on {where}: {error}. Ask for the right, or use another profile.",
            mechanism=mechanism,
        )
    if error.code == Code.UNKNOWN_TOPIC_OR_PARTITION:
        return UnknownTopicError(f"{doing} failed: {error.subject} does not exist on {where}.", topic=error.subject)
    if error.code in _REFUSED_SETTING:
        return ConfigurationError(f"{doing} was refused by {where}: {error}.")
    if error.retriable:
        return BrokerUnavailableError(
            f"{doing} failed: {where} kept answering {error} until the deadline. Try again when it has settled.",
            addresses=addresses,
        )
    return WorkbenchError(f"{doing} failed on {where}: {error}.")


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


@contextmanager
def translated(doing: str, addresses: Sequence[str], mechanism: str | None = None) -> Iterator[None]:
    """Translate the errors that leave the block; ``doing`` begins their message."""
    try:
        yield
    except WorkbenchError:
        raise
    except (CodeError, NotImplementedError, *NOT_ANSWERED, EOFError) as error:
        raise translate(error, doing, addresses, mechanism) from error
