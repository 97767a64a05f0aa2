from __future__ import annotations

import ssl

import pytest
from aiokafka import errors as kafka_errors

from workbench.bus.kafka.connection.listener import Finding, UnusableListenerError
from workbench.bus.kafka.connection.session import is_retriable
from workbench.bus.kafka.connection.translate import translated
from workbench.bus.kafka.wire.codes import RETRIABLE, Code, CodeError, name_of
from workbench.errors import (
    AuthenticationError,
    BrokerUnavailableError,
    ConfigurationError,
    UnknownTopicError,
    WorkbenchError,
)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError(111, "refused"), BrokerUnavailableError),
        (TimeoutError(), BrokerUnavailableError),
        (kafka_errors.KafkaConnectionError("gone"), BrokerUnavailableError),
        (kafka_errors.SaslAuthenticationFailed("no"), AuthenticationError),
        (kafka_errors.UnsupportedSaslMechanismError("no"), AuthenticationError),
        (kafka_errors.TopicAuthorizationFailedError("t"), AuthenticationError),
        (kafka_errors.GroupAuthorizationFailedError(), AuthenticationError),
        (ssl.SSLCertVerificationError("self-signed"), AuthenticationError),
        (CodeError(Code.TOPIC_AUTHORIZATION_FAILED, "t"), AuthenticationError),
        (CodeError(Code.UNKNOWN_TOPIC_OR_PARTITION, "t"), UnknownTopicError),
        (CodeError(Code.INVALID_CONFIG, "t", "no such"), ConfigurationError),
        (CodeError(Code.NOT_LEADER_OR_FOLLOWER, "t/0"), BrokerUnavailableError),
        (CodeError(Code.UNSUPPORTED_VERSION, "t/0"), WorkbenchError),
        (kafka_errors.IncompatibleBrokerVersion("old"), WorkbenchError),
    ],
)
def test_each_error_becomes_one_of_ours(error, kind):
    with pytest.raises(WorkbenchError) as caught, translated("Testing", ["h:1"], "PLAIN"):
        raise error
    assert type(caught.value) is kind
    assert caught.value.__cause__ is error
    assert "Testing" in str(caught.value)
    assert "h:1" in str(caught.value)


def test_ours_and_bugs_pass_unchanged():
    ours = ConfigurationError("x")
    with pytest.raises(ConfigurationError) as caught, translated("Testing", ["h:1"]):
        raise ours
    assert caught.value is ours
    with pytest.raises(ZeroDivisionError), translated("Testing", ["h:1"]):
        raise ZeroDivisionError


def test_which_errors_are_retriable():
    assert all(is_retriable(CodeError(code, "t")) for code in RETRIABLE)
    assert is_retriable(kafka_errors.KafkaConnectionError("gone"))
    assert is_retriable(TimeoutError())
    assert not is_retriable(kafka_errors.SaslAuthenticationFailed("no"))
    assert not is_retriable(CodeError(Code.INVALID_TIMESTAMP, "t"))
    assert not is_retriable(ValueError())
    assert is_retriable(UnusableListenerError("h:1", Finding("connection refused", "Wait.", restarting=True)))
    assert not is_retriable(UnusableListenerError("h:1", Finding("an SSH server answers there", "Another port.")))


def test_codes_have_names():
    assert name_of(10) == "MESSAGE_TOO_LARGE"
    assert name_of(61) == "DELEGATION_TOKEN_AUTH_DISABLED"
    assert name_of(4711) == "error 4711"
