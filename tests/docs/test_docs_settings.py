"""The TOML blocks of README and docs load as settings, and their conventions decode."""

from __future__ import annotations

import pytest
from project_docs import DOCS, blocks

from workbench.config import load_settings
from workbench.decoding import builtin_conventions, load_conventions
from workbench.decoding.conventions.convention import VALUE_FIELDS


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_toml_blocks_are_settings(block, tmp_path):
    path = tmp_path / "workbench.toml"
    path.write_text(block.text)
    settings = load_settings({"WORKBENCH_CONFIG": str(path)})
    names = {convention.name for convention in load_conventions(settings.conventions)}
    assert set(settings.topics.values()) <= names
    topics = settings.topics or settings.topic_formats
    assert settings.clusters or settings.conventions or topics or settings.masking.rules or settings.views


def test_the_long_example_shows_every_field_that_a_convention_may_have():
    (example,) = [block.text for block in blocks("toml") if "[conventions.shop]" in block.text]
    shown = {line.partition("=")[0].strip() for line in example.splitlines() if "=" in line}
    assert {"all", "none", "cause", "root", "time", "strength", "id_scope"} <= shown
    assert len(shown & set(VALUE_FIELDS)) > len(VALUE_FIELDS) // 2


def test_readme_counts_the_conventions_right(request):
    names = {convention.name for convention in builtin_conventions()}
    assert f"recognises {len(names)} event conventions" in (request.config.rootpath / "README.md").read_text()


def test_the_tables_are_what_the_code_gives(project_script):
    tables = project_script("write_tables")
    page = (DOCS / "conventions-and-formats.md").read_text()
    assert tables.written(page) == page, "make docs"
