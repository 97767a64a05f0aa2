"""The pages name what exists: modules, columns, tables, files, links; and what the code cites stands in them."""

from __future__ import annotations

import re

import pytest
from project_docs import DOCS, PAGES, ROOT, resolve

import workbench as wb
from workbench.model.records.columns import EVENT
from workbench.store.file.tables import TABLES

PATHS = [str(page.relative_to(ROOT)) for page in PAGES]
SOURCES = sorted(
    path
    for folder in ("workbench", "tests", "notebooks")
    for suffix in ("py", "pyx", "pxd", "pyi", "js", "mjs", "css", "toml", "md", "ipynb")
    for path in ROOT.joinpath(folder).rglob(f"*.{suffix}")
)
NUMBER = r"G-\d+|\d+(?:\.\d+)*"
CITED = re.compile(rf"docs/([\w-]+\.md)((?:(?:,| and|,? sections?|[ (])+(?:{NUMBER})\b)*)")
FOREIGN = re.compile(
    r"shared/reference|reference/\w+\.md|(?i:\b(?:tracing|lag|replay|envelopes?|style) reference\b)|DESIGN\.md"
)


def headings(page):
    return re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)


def anchor(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def numbers(page):
    """Numbers of the page's sections: ``2.1`` of "2.1 Nodes", ``G-6`` of "G-6 Consumer groups"."""
    found = (re.match(rf"({NUMBER})\.?\s", heading) for heading in headings(page))
    return {match[1] for match in found if match}


@pytest.mark.parametrize("path", PATHS)
def test_names_of_the_package_exist(path):
    text = (ROOT / path).read_text()
    for name in re.findall(r"`(workbench\.[\w.]+)", text):
        if not name.endswith((".toml", ".md")):
            resolve(name)


@pytest.mark.parametrize("path", PATHS)
def test_files_that_are_named_exist(path):
    text = (ROOT / path).read_text()
    for name in re.findall(r"`((?:workbench|tests|docs|notebooks)/[^`*{<]*)`", text):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("path", PATHS)
def test_links_lead_somewhere(path):
    page = ROOT / path
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if target.startswith("https://"):
            continue
        name, _, section = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), target
        if section:
            assert section in map(anchor, headings(linked.read_text())), target


async def test_columns_of_the_glossary_exist(tmp_path):
    async with await wb.demo(history_s=60, live=False) as cluster:
        lag = (await cluster.lag()).frame
        with await cluster.capture("onex.dev.*", into=tmp_path / "words.duckdb", progress=False) as snap:
            graph = snap.graph
            path = graph.frame, graph.edges, graph.critical_path().hops, snap.provenance
    columns = {*EVENT.names, *lag.columns}.union(*(frame.columns for frame in path))
    assert set(re.findall(r"column `(\w+)`", (DOCS / "glossary.md").read_text())) <= columns


def test_tables_of_the_glossary_exist():
    page = (DOCS / "glossary.md").read_text()
    statements = "\n".join(TABLES).replace("IF NOT EXISTS ", "")
    for table in re.findall(r"table `(\w+)`", page):
        assert f"CREATE TABLE {table} " in statements


def test_each_word_of_the_glossary_stands_there_once():
    words = re.findall(r"^\| ([^|`]+) \|", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    words = [word for word in words if word != "word"]
    assert len(words) > 50
    assert len(set(words)) == len(words)


def cited():
    for path in SOURCES:
        for match in CITED.finditer(path.read_text(errors="replace")):
            yield path.relative_to(ROOT), match[1], re.findall(NUMBER, match[2])


def test_what_the_code_cites_stands_in_the_pages():
    for path, page, sections in cited():
        assert (DOCS / page).exists(), f"{path} cites {page}"
        missing = set(sections) - numbers((DOCS / page).read_text())
        assert not missing, f"{path} cites {page} {missing}"


def test_the_code_cites_rules_by_their_page():
    pages = {page for _, page, _ in cited()}
    assert "tracing.md" in pages


def test_the_code_cites_no_page_outside_of_the_project():
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in SOURCES
        if path.name not in {"test_docs_names.py", "document_blocks.py"}
        for match in FOREIGN.finditer(path.read_text(errors="replace"))
    ]
    assert found == []


def test_the_detector_of_citations_detects():
    text = "see docs/tracing.md 2.1, docs/replay-rules.md G-6 and docs/lag.md, sections 2 and 3."
    assert [(m[1], re.findall(NUMBER, m[2])) for m in CITED.finditer(text)] == [
        ("tracing.md", ["2.1"]),
        ("replay-rules.md", ["G-6"]),
        ("lag.md", ["2", "3"]),
    ]
    for foreign in ("Tracing reference, section 6.4", "shared/reference/lag.md", "those of the replay reference"):
        assert FOREIGN.search(foreign)
