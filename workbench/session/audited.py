"""Writes the rows of the audit around a change of a cluster or registry, into a journal of the user."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path


@asynccontextmanager
async def audited_in(
    path: Path, action: str, operation_id: str, *, reason: str, cluster: str, facts: Mapping[str, Any], who: str = ""
) -> AsyncIterator[dict[str, Any]]:
    """Run one change between two rows: that it begins, and how it ended. Without the first row nothing is changed.

    Gives a mapping; what is put into it becomes part of the second row.
    """

    def write(result: str, details: Mapping[str, Any]) -> None:
        from workbench.store.journal import Journal

        path.parent.mkdir(parents=True, exist_ok=True)
        with Journal.open(path) as journal:
            entry = {"who": who, "action": action, "reason": reason, "cluster": cluster, "result": result}
            journal.audit(operation_id, **entry, details={**facts, **details})

    outcome: dict[str, Any] = {}
    await asyncio.to_thread(write, "begun", {})
    try:
        yield outcome
    except BaseException as error:
        await asyncio.shield(asyncio.to_thread(write, f"failed: {type(error).__name__}", {"error": str(error)}))
        raise
    await asyncio.shield(asyncio.to_thread(write, "done", outcome))
