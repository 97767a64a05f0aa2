from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

GEOMETRY = Path(__file__).parent / "geometry"


@pytest.mark.parametrize("module", sorted(GEOMETRY.glob("*.test.mjs")), ids=lambda path: path.name)
def test_geometry_in_node(module: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is missing: install nodejs to test the geometry of the widgets")
    ran = subprocess.run([node, "--test", str(module)], capture_output=True, text=True, timeout=50, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
