"""Production topics of Wikimedia (2021): where they lie, a convention of ten lines, and what their source counts."""

from __future__ import annotations

import gzip
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "wikimedia-2021-08"
SETTINGS = """
[conventions.wikimedia]
strength = 3
all = ["value:meta.id", "value:meta.stream", "value:meta.request_id"]
event_id = "value:meta.id"
correlation_id = "value:meta.request_id"
event_type = ["value:type", "value:meta.stream"]
source = "value:meta.domain"
event_time = "value:meta.dt"
time = "rfc3339"
"""
EXPECTED: dict[str, tuple[int, int, dict[str, int]]] = {
    "recentchange": (1950, 1349, {"edit": 1230, "categorize": 586, "log": 93, "new": 39, "142": 2}),
    "revision-create": (1571, 988, {"mediawiki.revision-create": 1571}),
    "revision-score": (910, 909, {"mediawiki.revision-score": 910}),
    "page-create": (41, 41, {"mediawiki.page-create": 41}),
}
"""Events, requests (correlations), and events by type of each topic."""


def lines_of(name: str) -> list[bytes]:
    """Return the values of a topic."""
    return gzip.decompress((FOLDER / f"{name}.ndjson.gz").read_bytes()).splitlines()
