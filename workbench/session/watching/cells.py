"""Tells which notebook cell is running, so that running it again can replace what it made."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CellRun:
    """One execution of one cell."""

    cell: str
    """Id of the cell, which the front end sends; it stays when the cell is edited or moved."""
    run: str
    """Id of the execution: another one each time the cell is run."""


def running_cell() -> CellRun | None:
    """Return the cell that is running; None outside of notebooks and where the front end does not name its cells."""
    # Never imported here: without IPython in the process there is no cell.
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return None
    request = kernel.get_parent() or {}
    cell, run = request.get("metadata", {}).get("cellId"), request.get("header", {}).get("msg_id")
    return CellRun(cell, run) if isinstance(cell, str) and isinstance(run, str) and cell else None
