"""Every notebook runs from top to bottom under strict nbval, and is committed clean."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import registry_server

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NEEDS_BROKER = {"01_real_kafka.ipynb"}
NEEDS_REGISTRY = {"04_schemas_and_transforms.ipynb"}
RUN_S = 280
SECRET = re.compile(r"(?i)(password|passwd|api[_-]?key|bearer)\s*[=:]\s*['\"]?\w")
MOST_BYTES = 200_000


def names(path: Path) -> str:
    return path.name


@pytest.fixture
def registry_url():
    with registry_server.serving() as server:
        yield server.url


@pytest.mark.notebook
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "path",
    [pytest.param(p, marks=[pytest.mark.broker] if p.name in NEEDS_BROKER else []) for p in NOTEBOOKS],
    ids=names,
)
def test_a_notebook_runs_under_nbval(path: Path, request: pytest.FixtureRequest):
    environment = dict(os.environ)
    if path.name in NEEDS_BROKER:
        environment["WORKBENCH_ADDRESS"] = f"kafka://{request.getfixturevalue('kafka_address')}"
    if path.name in NEEDS_REGISTRY:
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
        [sys.executable, "-m", "pytest", "-q", *options, sanitizer, str(path)],
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
