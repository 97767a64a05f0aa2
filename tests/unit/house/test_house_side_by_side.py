"""How tests are dealt out to the processes of one run."""

from __future__ import annotations

from pathlib import Path

import pytest
from side_by_side import KAFKA_BESIDE, KAFKA_CHAINS, chain_of

CONTRACT = Path(__file__).parents[2] / "contract"
OWN_BROKERS = {"local_broker"}
"""Folders whose tests start brokers of their own: they may run anywhere."""


def test_each_folder_of_the_contract_suite_is_in_one_chain():
    folders = [folder.name for folder in CONTRACT.iterdir() if any(folder.glob("test_*.py"))]
    assert sorted(folders) == sorted([*OWN_BROKERS, *(name for chain in KAFKA_CHAINS for name in chain)])


def test_each_file_outside_that_uses_a_kafka_shares_one():
    root = CONTRACT.parents[1]
    files = [*(root / "tests" / "unit").rglob("test_*.py"), *(root / "tests" / "notebooks").glob("test_*.py")]
    found = {file.relative_to(root).as_posix() for file in files if "kafka_address" in file.read_text("utf-8")}
    found.discard(Path(__file__).relative_to(root).as_posix())
    assert found == {name.partition("::")[0] for name in KAFKA_BESIDE}


@pytest.mark.parametrize(
    ("nodeid", "chain"),
    [
        ("tests/contract/replay/test_x.py::test_y[kafka]", "capture replay"),
        (
            "tests/contract/lag/test_x.py::test_y",
            "eventbus cli kafka lag record_log search acts transforms session registry http_proxy",
        ),
        ("tests/contract/local_broker/test_x.py::test_y", "tests/contract/local_broker/test_x.py"),
        ("tests/unit/machine/test_doctor.py::test_x", "capture replay"),
        ("tests/unit/text/test_x.py::TestA::test_y[a::b]", "tests/unit/text/test_x.py"),
        ("tests/docs/test_x.py::test_y[a]", "tests/docs/test_x.py::test_y[a]"),
        ("tests/notebooks/test_x.py::test_y[a]", "tests/notebooks/test_x.py::test_y[a]"),
    ],
)
def test_what_shares_a_kafka_stays_together(nodeid, chain):
    assert chain_of(nodeid) == chain
