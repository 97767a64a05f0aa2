"""No handler of the client's logger sees what authenticates."""

from __future__ import annotations

import logging

import pytest
from aiokafka.protocol.admin import SaslAuthenticateRequest_v0, SaslAuthenticateRequest_v1

from workbench.bus.kafka.connection import connections
from workbench.bus.kafka.connection.secret_filter import SecretFilter, hide_secrets


@pytest.mark.parametrize("request_type", [SaslAuthenticateRequest_v0, SaslAuthenticateRequest_v1])
def test_a_password_in_a_request_is_not_logged(caplog, request_type):
    assert connections.hide_secrets is hide_secrets
    with caplog.at_level(logging.DEBUG):
        request = request_type(b"\0me\0hunter2")
        logging.getLogger("aiokafka.conn").debug("Request to %s:%d %d: %s", "h", 1, 2, request)
    assert caplog.messages == [f"Request to h:1 2: {request_type.__name__}(…)"]
    assert "hunter2" not in caplog.text


def test_other_messages_stay_as_they_are(caplog):
    hide_secrets()
    logger = logging.getLogger("aiokafka.conn")
    assert sum(isinstance(one, SecretFilter) for one in logger.filters) == 1
    with caplog.at_level(logging.DEBUG):
        logger.debug("%(a)s", {"a": 1})
        logger.debug("plain")
    assert caplog.messages == ["1", "plain"]
