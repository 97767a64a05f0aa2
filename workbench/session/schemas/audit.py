"""Writes an audit row for each change of a schema registry, into a journal of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.config.folders import config_folder
from workbench.session.audited import audited_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

FILE_NAME = "schemas.journal.duckdb"


def audit_file() -> Path:
    """Return the file whose table ``audit`` has a row for each change that this user made to a registry."""
    return config_folder() / FILE_NAME


def audited(
    action: str, operation_id: str, reason: str, cluster: str, facts: Mapping[str, Any]
) -> AbstractAsyncContextManager[dict[str, Any]]:
    """Run one change of a registry between two rows of its audit; see `audited_in`."""
    return audited_in(audit_file(), action, operation_id, reason=reason, cluster=cluster, facts=facts)
