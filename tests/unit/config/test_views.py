"""Saved views are read from the settings, written as their lines, and named where they do not exist."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.config import load_settings
from workbench.config.views import SavedView, saved_view
from workbench.errors import ConfigurationError


def read(tmp_path, text):
    path = tmp_path / "workbench.toml"
    path.write_text(text)
    return load_settings({"WORKBENCH_CONFIG": str(path)}).views


def test_what_is_written_is_read(tmp_path):
    view = SavedView(
        pane="search",
        topics="a b",
        where="payload->>'x' = \"y\"\\",
        words="\x7f\x00é",
        newest=True,
        columns=["a:1", '"\x7f'],
    )
    assert read(tmp_path, view.toml('failed "orders"')) == {'failed "orders"': view}
    assert SavedView().toml("x") == '[views."x"]'


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_text_survives(tmp_path_factory, text):
    view = SavedView(where=text)
    assert read(tmp_path_factory.mktemp("view"), view.toml("v"))["v"] == view


def test_unknown_keys_and_names_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="did you mean where"):
        read(tmp_path, "[views.x]\nwhen = 'y'")
    with pytest.raises(ConfigurationError, match="Did you mean orders"):
        saved_view({"orders": SavedView()}, "order")
