"""Asks a schema registry over HTTP, in the interface that Confluent's, Redpanda's, Karapace and Apicurio share."""

from workbench.bus.registry.answers import Compatibility, SubjectVersion
from workbench.bus.registry.client import SchemaRegistry
from workbench.bus.registry.fetching import SchemaFetcher

__all__ = ["Compatibility", "SchemaFetcher", "SchemaRegistry", "SubjectVersion"]
