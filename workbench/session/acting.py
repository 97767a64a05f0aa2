"""Gives a writable cluster its acts."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from workbench.session.cluster_acts import ClusterActs
    from workbench.session.connection.cluster_connection import ClusterConnection


class HasActs:
    """Gives `workbench.Cluster`, which inherits it, its `acts`."""

    _connection: ClusterConnection

    @cached_property
    def acts(self) -> ClusterActs:
        """Changes of topics, records and group offsets: planned, shown, typed and journaled; not on read-only sessions.

        Raises:
            ConfigurationError: The connection is read-only.
        """
        connection = self._connection
        if not connection.writable:
            raise ConfigurationError(
                f"There are no acts: the connection to {connection.name} is read-only. Open another one for them: "
                'connect(…, write=True, reason="INC-42").'
            )
        return self.act_plans

    @cached_property
    def act_plans(self) -> ClusterActs:
        """The same acts on any connection, to be looked at: a read-only one refuses to run them."""
        from workbench.session.cluster_acts import ClusterActs

        return ClusterActs(self._connection)
