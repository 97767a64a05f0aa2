"""pyarrow goes on without pandas until a frame is made, and then works with frames as always."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from workbench.cli.lazy_pandas import leave_pandas_out
before = list(sys.meta_path)
leave_pandas_out()
import pyarrow as pa
rows = pa.Table.from_pylist([{"at": 1, "text": None}, {"at": None, "text": "a"}])
assert rows.column("at").to_pylist() == [1, None] and sys.meta_path == before
print("pandas" in sys.modules)
frame = rows.to_pandas()
assert pa.Table.from_pandas(frame).column("text").to_pylist() == [None, "a"]
assert pa.array(frame["at"]).null_count == 1
leave_pandas_out()
print("pandas" in sys.modules)
"""


def test_the_first_frame_brings_pandas_in():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["False", "True"], done.stderr
