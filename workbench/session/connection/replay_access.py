"""Tells the replay rules what a connection may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from workbench.replay import Connection

if TYPE_CHECKING:
    from workbench.config import Profile


class Access(Protocol):
    """A connection or a cluster."""

    @property
    def writable(self) -> bool: ...
    @property
    def protected(self) -> bool: ...
    @property
    def profile(self) -> Profile: ...


def access_of(connection: Access) -> Connection:
    """Return the properties of a connection that the replay rules check."""
    registry = connection.profile.schema_registry
    return Connection(
        read_only=not connection.writable,
        protected=connection.protected,
        development=connection.profile.development and not connection.protected,
        schema_registry=None if registry is None else registry.name,
        via_http=connection.profile.address.scheme.startswith("http"),
    )
