"""Bringing the packaged broker up: what is refused before anything starts."""

from __future__ import annotations

import pytest

from workbench.bus.kafka.local import up
from workbench.errors import ConfigurationError


@pytest.mark.parametrize("port", [-1, 65536])
def test_ports_out_of_range(port):
    with pytest.raises(ConfigurationError, match="not between 0 and 65535"):
        up(port)
