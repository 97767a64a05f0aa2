"""What ONEX topic names say, where headers and body do not."""

from __future__ import annotations

import pytest

from workbench.decoding import decode_record
from workbench.model import Record, TimestampType
from workbench.model.events.dead_letters import is_dead_letter_topic


@pytest.mark.parametrize(
    ("topic", "event_type", "environment"),
    [
        ("onex.evt.platform.node-registered.v1", "platform.node-registered", None),
        ("prod.onex.cmd.billing.charge-card.v2", "billing.charge-card", "prod"),
        ("acme-7.onex.evt.platform.node-registered.v1", "platform.node-registered", None),
        ("onex.evt.platform.node--registered.v1", "platform.node--registered", None),
        ("onex.evt.platform.node-registered.v0", None, None),
        ("onex.dev.user_events", None, None),
    ],
)
def test_topic_names(topic, event_type, environment):
    value = b'{"envelope_id": "e-1", "payload": {}}'
    found = decode_record(Record(topic, 0, 0, 0, TimestampType.CREATE, None, value, ()))
    assert found.convention == "onex"
    assert (found.event_type, found.environment) == (event_type, environment)


def test_dead_letter_topics():
    assert is_dead_letter_topic("onex.dlq.omnibase-infra.intents.v1")
    assert is_dead_letter_topic("Team_A.dlq.events.v1")
    assert is_dead_letter_topic("orders-dlq")
    assert not is_dead_letter_topic("onex.dev.user_events")
