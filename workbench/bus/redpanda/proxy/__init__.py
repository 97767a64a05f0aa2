"""Reads and writes records over HTTP, through Redpanda's HTTP proxy (Pandaproxy)."""

from workbench.bus.redpanda.proxy.client import HttpProxy
from workbench.bus.redpanda.proxy.consumer import ProxyConsumer
from workbench.bus.redpanda.proxy.records import LEFT_OUT, FetchedRecord, PartitionResult, ProduceResult, ProxyRecord

__all__ = [
    "LEFT_OUT",
    "FetchedRecord",
    "HttpProxy",
    "PartitionResult",
    "ProduceResult",
    "ProxyConsumer",
    "ProxyRecord",
]
