"""Deals tests out to the processes of pytest-xdist: what shares a Kafka stays together, the long chains begin first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest
    from xdist.remote import Producer

KAFKA_CHAINS = (
    ("capture", "replay"),
    (
        "eventbus",
        "cli",
        "kafka",
        "lag",
        "record_log",
        "search",
        "acts",
        "transforms",
        "session",
        "registry",
        "http_proxy",
    ),
)
"""Folders of ``tests/contract`` whose tests use the Kafka of their process, about as long one as the other.

Each process that runs one of them starts a Kafka. Tests that compare all groups of a cluster need it for themselves.
"""

KAFKA_BESIDE = {
    "tests/unit/live/test_following.py": 0,
    "tests/unit/live/tail/test_tail_following.py": 0,
    "tests/unit/machine/test_doctor.py": 0,
    "tests/notebooks/test_notebooks.py::test_notebooks_run_under_nbval[01]": 1,
}
"""Other tests that use a Kafka, and the chain whose Kafka they share: a third one would take 15 s of a core."""


def chain_of(nodeid: str) -> str:
    """Return what is dealt out whole: one of the chains above, a file, or a notebook or page that starts its own."""
    file = nodeid.partition("::")[0]
    beside = KAFKA_BESIDE.get(nodeid, KAFKA_BESIDE.get(file))
    if beside is not None:
        return " ".join(KAFKA_CHAINS[beside])
    parts = file.split("/")
    if parts[:2] == ["tests", "contract"]:
        return next((" ".join(chain) for chain in KAFKA_CHAINS if parts[2] in chain), file)
    return nodeid if parts[1] in {"notebooks", "docs"} else file


class Chains(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives each process a chain at a time, in the order of collection: contract, docs, notebooks, then units."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        # xdist would begin with the chains of most tests, which are the quickest.
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return chain_of(nodeid)
