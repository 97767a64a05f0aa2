"""Gives a cluster the client of its HTTP proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.bus.redpanda.proxy import HttpProxy
    from workbench.session.connection.cluster_connection import ClusterConnection


class HasHttpProxy:
    """Gives `workbench.Cluster`, which inherits it, its `http_proxy`."""

    _connection: ClusterConnection

    @property
    def http_proxy(self) -> HttpProxy:
        """The client of Redpanda's HTTP proxy (``http_proxy_url`` of the profile), read-only as the connection is."""
        return self._connection.require_open().http_proxy()
