"""Gives captures, tails and snapshots the schemas that their values name."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from workbench.config import registry_settings
from workbench.session.schemas.learning import LearningDecoder
from workbench.store.snapshot.schemas import SchemaOrigin, add_schemas, schemas_by_cluster

if TYPE_CHECKING:
    from workbench.bus.registry import SchemaRegistry
    from workbench.model.events.decoding import BulkDecoder
    from workbench.session.connection.cluster_connection import ClusterConnection
    from workbench.session.conventions import TopicDecoder
    from workbench.store.snapshot.store import SnapshotStore

_WAIT_S = 120.0
"""Longest that decoding again waits for a registry; nothing else waits meanwhile."""


def live_decoder(
    decoder: TopicDecoder, connection: ClusterConnection, store: SnapshotStore | None = None
) -> TopicDecoder | LearningDecoder:
    """Return a decoder that fetches schemas from the registry of a connection; without one, the decoder itself.

    Args:
        decoder: Decodes the records.
        connection: The cluster.
        store: Where schemas are kept, and are looked for first.
    """
    known = None if store is None else schemas_by_cluster(store).get(connection.log.cluster_id)
    if connection.profile.schema_registry is None:
        return decoder if known is None else decoder.with_schemas(known)
    from workbench.bus.registry import SchemaFetcher

    registry = connection.registry()
    keep = None
    if store is not None:
        keep = partial(add_schemas, store, _origin(registry, connection.log.cluster_id))
    return LearningDecoder(decoder, SchemaFetcher(registry, known), keep)


def stored_decoders(decoder: TopicDecoder, store: SnapshotStore) -> dict[str, BulkDecoder]:
    """Return a decoder for the records of each cluster of which the snapshot holds schemas, by cluster id."""
    return {cluster: decoder.with_schemas(schemas) for cluster, schemas in schemas_by_cluster(store).items()}


def complete_schemas(store: SnapshotStore, named: str) -> str:
    """Fetch the schemas that stored values name and the snapshot has not, and store them; return what is missing.

    It waits for the registry, in a thread with a loop of its own: who calls it may have one that runs.

    Args:
        store: A snapshot open for writing.
        named: URL of the registry, or the name of a profile that has one.

    Raises:
        ConfigurationError: The URL, or what the profile says of it, cannot be used.
    """
    with ThreadPoolExecutor(1, "schemas") as thread:
        return thread.submit(asyncio.run, _complete(store, named)).result()


async def _complete(store: SnapshotStore, named: str) -> str:
    from workbench.bus.registry import SchemaFetcher, SchemaRegistry
    from workbench.exploration.schema_usage import named_by_cluster

    known = schemas_by_cluster(store)
    remarks = []
    async with SchemaRegistry(registry_settings(named)) as registry:
        of_values, of_keys = named_by_cluster(store), named_by_cluster(store, "key")
        for cluster_id in of_values.keys() | of_keys.keys():
            fetcher = SchemaFetcher(registry, known.get(cluster_id), wait_s=_WAIT_S)
            await fetcher.fetch(of_values.get(cluster_id, ()))
            await fetcher.fetch_for_keys(of_keys.get(cluster_id, ()))
            add_schemas(store, _origin(registry, cluster_id), fetcher.schemas)
            remarks.append(fetcher.remark)
    return " ".join(dict.fromkeys(filter(None, remarks)))


def _origin(registry: SchemaRegistry, cluster_id: str) -> SchemaOrigin:
    return SchemaOrigin(registry.name, registry.context, cluster_id)
