"""Every notebook runs from top to bottom under strict nbval, and is committed clean."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
import registry_server

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NEEDS_BROKER = {"01_real_kafka.ipynb"}
NEEDS_REGISTRY = {"04_schemas_and_transforms.ipynb"}
RUN_S = 480
SECRET = re.compile(r"(?i)(password|passwd|api[_-]?key|bearer)\s*[=:]\s*['\"]?\w")
MOST_BYTES = 200_000


def names(path: Path) -> str:
    return path.name


@pytest.fixture
def registry_url():
    with registry_server.serving() as server:
        yield server.url


def together() -> Iterator[object]:
    """Give notebooks that run in one process of pytest, each in a kernel of its own: half of a notebook is a start."""
    alone = NEEDS_BROKER | NEEDS_REGISTRY
    others = [path for path in NOTEBOOKS if path.name not in alone]
    # Two groups of those that need nothing: two processes may run them side by side.
    groups = [others[::2], others[1::2], *([path] for path in NOTEBOOKS if path.name in alone)]
    for group in groups:
        marks = [pytest.mark.broker] if group[0].name in NEEDS_BROKER else []
        yield pytest.param(group, marks=marks, id="-".join(path.name[:2] for path in group))


@pytest.mark.notebook
@pytest.mark.timeout(RUN_S + 20)
@pytest.mark.parametrize("paths", list(together()))
def test_notebooks_run_under_nbval(paths: list[Path], request: pytest.FixtureRequest):
    environment = dict(os.environ)
    if paths[0].name in NEEDS_BROKER:
        environment["WORKBENCH_ADDRESS"] = f"kafka://{request.getfixturevalue('kafka_address')}"
    if paths[0].name in NEEDS_REGISTRY:
        environment["WORKBENCH_SCHEMA_REGISTRY_URL"] = request.getfixturevalue("registry_url")
    options = [
        "-p",
        "nbval.plugin",
        "--nbval",
        "--nbval-current-env",
        "--nbval-cell-timeout=120",
        "-p",
        "no:cacheprovider",
        "--timeout=250",
    ]
    sanitizer = f"--nbval-sanitize-with={Path(__file__).with_name('sanitize.cfg')}"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options, sanitizer, *map(str, paths)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=RUN_S, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-6_000:]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_a_notebook_is_committed_clean(path: Path):
    text = path.read_text("utf-8")
    assert len(text) < MOST_BYTES
    assert "application/vnd.jupyter.widget" not in text
    assert not SECRET.search(text)
    assert str(Path.home()) not in text
    notebook = nbformat.reads(text, as_version=4)
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_a_notebook_ends_by_asking_for_failures(path: Path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert "failures" in cells[-1].source
