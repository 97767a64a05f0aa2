"""Deploys and describes the data transforms of a cluster by its address, for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.session.connecting import connect
from workbench.session.procedures.writing import open_for_writing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.transforms.views.state import ViewStatus


async def deploy_view(
    address: str | None,
    name: str,
    source_topic: str,
    module: str,
    *,
    environment: Mapping[str, str],
    reason: str | None = None,
    dry_run: bool = False,
    **options: Any,
) -> ViewStatus | None:
    """Deploy a view to the brokers of a cluster and return its state; None for a dry run.

    Args:
        address: The cluster; see `connect`.
        name: Name of the view and of its topic.
        source_topic: The topic that it transforms.
        module: The module; see `workbench.session.transforming.ClusterTransforms.create_materialized_view`.
        environment: Variables of the transform.
        reason: Why; may be left out for a development cluster.
        dry_run: Only check.
        options: ``replace``, ``reprocess``, ``rollback`` and ``target``; see there.

    Raises:
        ConfigurationError: No reason is given and the cluster is no development cluster.
        TransformError: The module is refused, or the view failed at the start.
    """
    made = await (connect(address) if dry_run else open_for_writing(address, reason))
    async with made as cluster:
        deployed = await cluster.transforms.create_materialized_view(
            name, source_topic, module, executor="broker", environment=environment, dry_run=dry_run, **options
        )
        return await cluster.transforms.view_status(name) if deployed else None


async def view_rows(address: str | None, name: str | None = None) -> list[dict[str, Any]]:
    """Return the state of each deployed transform, a row for each of its partitions.

    Args:
        address: The cluster; see `connect`.
        name: Only this one.

    Raises:
        TransformError: There is none of that name.
    """
    async with await connect(address) as cluster:
        found = await cluster.transforms.views() if name is None else [await cluster.transforms.view_status(name)]
    return [row for one in found for row in one.rows()]


async def view_log(address: str | None, name: str) -> list[str]:
    """Return the last lines that a deployed transform has logged.

    Args:
        address: The cluster; see `connect`.
        name: Name of the transform.

    Raises:
        TransformError: There is none of that name.
    """
    async with await connect(address) as cluster:
        return await cluster.transforms.view_log(name)
