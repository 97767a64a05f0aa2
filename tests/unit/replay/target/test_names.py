"""Targets get default names or the names that the user gave."""

from __future__ import annotations

import pytest

from workbench.errors import ConfigurationError
from workbench.model.events.dead_letters import is_dead_letter_topic
from workbench.replay.target.names import default_name, resolve_targets


def test_targets():
    run = "6f1d2c3b-4a59-4e68-8c77-0123456789ab"
    assert default_name("orders", run) == "orders.replay.6f1d2c3b"
    with pytest.raises(ConfigurationError, match="Name a target"):
        default_name("x" * 240, run)
    assert resolve_targets("copy", ["a", "b"], run) == {"a": "copy", "b": "copy"}
    with pytest.raises(ConfigurationError, match="no target for b"):
        resolve_targets({"a": "copy"}, ["a", "b"], run)
    for name in ("", "..", "a b", "x" * 250, "größe"):
        with pytest.raises(ConfigurationError, match="no topic name"):
            resolve_targets(name, ["a"], run)
    with pytest.raises(ConfigurationError, match="to=5 is no target"):
        resolve_targets(5, ["a"], run)
    with pytest.raises(ConfigurationError, match="5 is no topic name"):
        resolve_targets({"a": 5}, ["a"], run)
    assert is_dead_letter_topic("orders-DLQ")
    assert not is_dead_letter_topic("idlq-orders")
