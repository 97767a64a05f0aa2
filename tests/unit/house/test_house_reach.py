"""Nothing stands in the house that nobody reaches: no module, no function, no class, no table."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import duckdb
import grimp
import pytest

import workbench
from workbench.store.file.schema import migrate

ROOT = Path(workbench.__file__).parent
TOP = ROOT.parent
ENTRIES = ("workbench", "workbench.__main__", "workbench.cli", "workbench.testing", "workbench.testing.plugin")
CODE = [path for path in ROOT.rglob("*") if path.suffix in {".py", ".pyx", ".js", ".mjs"}]
PAGES = [TOP / "README.md", *TOP.joinpath("docs").rglob("*.md"), *TOP.joinpath("notebooks").glob("*.ipynb")]
WORD = re.compile(r"[A-Za-z_]\w*")
CALLED_BY_OTHERS = {
    "_ipython_display_": "IPython calls it to show an object",
    "get_buffer": "asyncio calls it: a BufferedProtocol",
    "buffer_updated": "asyncio calls it: a BufferedProtocol",
    "find_spec": "Python's import system calls it: a finder",
    "on_partitions_revoked": "aiokafka calls it: a rebalance listener",
    "on_partitions_assigned": "aiokafka calls it: a rebalance listener",
    "create_materialized_view": "the contract's protocol for Redpanda, which somebody else's bus may implement",
    "register_schema": "same",
}
MESSAGES = re.compile(r"on_\w+\Z")


def test_every_module_is_reached_from_an_entry():
    # Imports for type checking count: protocols are needed for nothing else, and packages name so what they load later.
    graph = grimp.build_graph("workbench", exclude_type_checking_imports=False, cache_dir=None)
    commands = graph.find_descendants("workbench.cli")  # the application loads each by name when it is called
    reached, waiting = set(), [name for name in {*ENTRIES, *commands} if name in graph.modules]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        parents = [name.rsplit(".", cut)[0] for cut in range(1, name.count("."))]
        waiting.extend([*graph.find_modules_directly_imported_by(name), *parents])
    assert sorted(graph.modules - reached) == []


def definitions():
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield path, node


def has_button(path, name):
    """A pane of the explorer calls the method of a button by its name; two names are those of fields and columns."""
    return name in {"input", "sort"} or f'Press("{name}"' in path.read_text()


def is_called_by_a_framework(path, node):
    """A decorator registers it, or a test runner, the browser's messages or Python itself call it by its name."""
    name = node.name
    decorated = [ast.unparse(one) for one in node.decorator_list]
    registered = any(
        not re.match(r"(property|staticmethod|classmethod|dataclass|contextlib|abstract|cache|\w+\.setter)", one)
        for one in decorated
    )
    message = "widgets" in path.parts and bool(MESSAGES.match(name))
    button = "explorer" in path.parts and name.startswith("press_") and has_button(path, name.removeprefix("press_"))
    suite = "compliance" in path.parts and name.startswith("test_")
    return (
        registered
        or message
        or button
        or suite
        or name in CALLED_BY_OTHERS
        or (name.startswith("__") and name.endswith("__"))
    )


def test_every_definition_is_named_somewhere_else():
    mentions = Counter(word for path in [*CODE, *PAGES] for word in WORD.findall(path.read_text()))
    lonely = [
        f"{path.relative_to(TOP)}:{node.lineno} {node.name}"
        for path, node in definitions()
        if mentions[node.name] <= 1 and not is_called_by_a_framework(path, node)
    ]
    assert lonely == [], "use it, document it as public, or remove it"


def tables():
    with duckdb.connect() as file:
        migrate(file.cursor(), 0, by="test")
        return [name for (name,) in file.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]


@pytest.mark.parametrize("table", tables())
def test_every_table_is_written_by_somebody(table):
    code = "\n".join(path.read_text() for path in ROOT.rglob("*.py"))
    quoted = rf'"?{table}"?'
    assert re.search(rf"(INSERT (OR \w+ )?INTO|UPDATE) {quoted}\b|[\"']{table}[\"']", code), "nobody writes it"
