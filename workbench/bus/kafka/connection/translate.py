"""Translates errors of aiokafka, of sockets and of the protocol into those of `workbench.errors`, at one place."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiokafka import errors as kafka_errors

from workbench.bus.kafka.wire.codes import AUTHORIZATION, Code, CodeError
from workbench.errors import (
    AuthenticationError,
    BrokerUnavailableError,
    ConfigurationError,
    UnknownTopicError,
    WorkbenchError,
)

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
    if isinstance(error, ssl.SSLError):
        return AuthenticationError(
            f"{doing} failed: TLS with {where} could not be set up ({getattr(error, 'reason', None) or error}). "
            "Check cafile, certfile and keyfile, and that the port speaks TLS.",
            mechanism="TLS",
        )
    if is_authentication(error):
        return AuthenticationError(
            f"{doing} failed: {where} refused the credentials ({type(error).__name__}). "
            "Check mechanism, user name and password of the profile.",
            mechanism=mechanism,
        )
    if isinstance(error, kafka_errors.IncompatibleBrokerVersion | NotImplementedError):
        return WorkbenchError(f"{doing} failed: {where} is too old or too new for this request ({error}).")
    return BrokerUnavailableError(
        f"{doing} failed: no answer from {where} ({_short(error)}). Check that the broker runs, the address, and "
        "that the names it advertises can be reached from here.",
        addresses=addresses,
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
