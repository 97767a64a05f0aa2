"""Plans and runs acts on a cluster by its address, for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.session.connecting import connect
from workbench.session.procedures.writing import open_for_writing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workbench.acts.act import Act, ActReport
    from workbench.session.cluster_acts import ClusterActs


async def plan_or_run(
    address: str | None,
    plan: Callable[[ClusterActs], Awaitable[Act]],
    *,
    confirm: str | None,
    reason: str | None,
    show: Callable[[Act], Any],
) -> ActReport | None:
    """Plan an act and show it; with its target typed, run it.

    Without ``confirm`` the connection is read-only.

    Args:
        address: The cluster; see `connect`.
        plan: Plans the act.
        confirm: The name of its topic or group, typed; None plans only.
        reason: Why; may be left out for a development cluster.
        show: Shows the plan.

    Raises:
        ConfigurationError: No reason is given and the cluster is no development cluster.
        ReplayRefused: Something speaks against it; nothing was changed.
    """
    if confirm is None:
        async with await connect(address) as cluster:
            show(await plan(cluster.act_plans))
        return None
    async with await open_for_writing(address, reason) as cluster:
        act = await plan(cluster.acts)
        show(act)
        return await cluster.acts.run(act, confirm=confirm)
