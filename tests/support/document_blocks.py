"""The Python blocks of the event-bus document, and what they import.

Run it as a program to copy the blocks anew from the shared page.
"""

from __future__ import annotations

import asyncio
import re
import types
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Awaitable, Callable, Literal, Optional, Protocol, runtime_checkable  # noqa: UP035
from uuid import uuid4

import pytest

import workbench
from workbench import eventbus as contract
from workbench.model.events import event

ROOT = Path(__file__).parents[2]
PAGE = ROOT.parent / "shared" / "seed" / "event-bus-protocols.md"
COPY = ROOT / "tests" / "contract" / "document"

STANDARD = {
    "Any": Any, "Awaitable": Awaitable, "Callable": Callable, "Dict": dict, "List": list, "Literal": Literal,
    "Optional": Optional, "Protocol": Protocol, "runtime_checkable": runtime_checkable, "dataclass": dataclass,
    "field": field, "datetime": datetime, "uuid4": uuid4, "asyncio": asyncio, "pytest": pytest,
}  # fmt: skip
"""Names of the standard library that the document uses without importing them."""

HOMES = {
    "omnibase_spi.protocols.event_bus": contract,
    "omnibase_spi.protocols.types.event_bus_types": event,
    "omnibase_spi.protocols.workflow_orchestration": contract,
    "omnibase_spi.protocols.mcp": contract,
}
"""Where the document's imports are found here."""


def blocks_of(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def copied() -> list[str]:
    return [path.read_text() for path in sorted(COPY.glob("*.txt"))]


def modules() -> dict[str, types.ModuleType]:
    """What ``sys.modules`` must hold for the blocks' import lines."""
    made: dict[str, types.ModuleType] = {}
    for name, home in HOMES.items():
        parts = name.split(".")
        for length in range(1, len(parts)):
            made.setdefault(".".join(parts[:length]), types.ModuleType(".".join(parts[:length])))
        made[name] = home
    return made


def scope(**names: object) -> dict[str, object]:
    """Names that a block may use without importing them: the standard ones, this package's, and those given."""
    ours = {name: getattr(workbench, name) for name in workbench._HOME_OF}
    return {"__name__": "document", **STANDARD, **ours, **names}


def block_with(text: str) -> str:
    (found,) = [block for block in copied() if text in block]
    return found


if __name__ == "__main__":
    for number, block in enumerate(blocks_of(PAGE.read_text()), 1):
        named = re.search(r"^(?:async def |class )?(\w+)(?:[(:]| = Literal)", block, re.MULTILINE)
        assert named is not None, block
        (COPY / f"{number:02}_{named[1]}.txt").write_text(block)
