"""Gives a cluster the client of its HTTP proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError
from workbench.session.masking import present_policy

if TYPE_CHECKING:
    from workbench.bus.redpanda.proxy import HttpProxy
    from workbench.session.connection.cluster_connection import ClusterConnection


class HasHttpProxy:
    """Gives `workbench.Cluster`, which inherits it, its `http_proxy`."""

    _connection: ClusterConnection

    @property
    def http_proxy(self) -> HttpProxy:
        """The client of Redpanda's HTTP proxy (``http_proxy_url`` of the profile), read-only as the connection is.

        Raises:
            ConfigurationError: The profile has none; or records are masked, and the client would hand them out plain.
        """
        connection = self._connection.require_open()
        if present_policy() is not None:
            raise ConfigurationError(
                "The HTTP proxy client hands out records as they are, and [masking] of workbench.toml hides parts of "
                'some. Use cluster.tail(…, via="proxy"), which masks.'
            )
        return connection.http_proxy()
