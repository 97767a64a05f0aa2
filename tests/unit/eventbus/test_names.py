"""Logical and physical names of one prefix and environment."""

from __future__ import annotations

import pytest

from workbench.errors import ValidationError
from workbench.eventbus.names import Namespace, default_route

DEV = Namespace("onex", "dev")


@pytest.mark.parametrize(
    ("event_type", "topic"),
    [("user.created", "user_events"), ("system.dead_letter", "dead_letter_queue"), ("odd", "odd_events")],
)
def test_a_type_is_routed_by_its_domain(event_type, topic):
    assert default_route(event_type) == topic


@pytest.mark.parametrize("logical", ["orders", "a.b-c_d", "raw:orders"])
def test_names_go_there_and_back(logical):
    assert DEV.logical(DEV.physical(logical)) == logical


def test_a_physical_name_has_prefix_and_environment():
    assert DEV.physical("orders") == "onex.dev.orders"
    assert DEV.logical("onex.prod.orders") == "raw:onex.prod.orders"


@pytest.mark.parametrize("bad", ["", "..", "a b", "ü", "x" * 300, "raw:", "raw:" + "x" * 250])
def test_names_that_kafka_refuses(bad):
    with pytest.raises(ValidationError):
        DEV.physical(bad)


@pytest.mark.parametrize(
    ("topic", "among"),
    [
        ("onex.dev.orders", True),
        ("onex.dev.dead_letter_queue", False),
        ("onex.dev.orders.replay.0123abcd", False),
        ("onex.prod.orders", False),
        ("orders", False),
    ],
)
def test_all_events_are_the_topics_of_the_environment(topic, among):
    assert (DEV.all_events().match(topic) is not None) is among


def test_all_events_of_named_environments():
    pattern = DEV.all_events(("dev", "prod"))
    assert pattern.match("onex.prod.orders")
    assert not pattern.match("onex.test.orders")
