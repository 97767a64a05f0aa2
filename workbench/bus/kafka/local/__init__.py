"""Runs a single-node Apache Kafka broker on loopback, without Docker.

```
broker = up(port=29092)
broker.address                  # kafka://127.0.0.1:29092
down(port=29092)
```
"""

from workbench.bus.kafka.local.lifecycle import DEFAULT_PORT, BrokerStatus, down, status, up
from workbench.bus.kafka.local.options import BrokerOptions, SecureListener, TlsFiles
from workbench.bus.kafka.local.state import LocalBroker

__all__ = [
    "DEFAULT_PORT",
    "BrokerOptions",
    "BrokerStatus",
    "LocalBroker",
    "SecureListener",
    "TlsFiles",
    "down",
    "status",
    "up",
]
