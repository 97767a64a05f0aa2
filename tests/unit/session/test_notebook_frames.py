from __future__ import annotations

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from workbench.session.notebook_frames import frame_html, show_frames_plainly


@pytest.mark.parametrize("text", [r"$\frac{a}{b}$", r"\(x^2\)", "$$y$$"])
def test_no_frame_is_typeset(text: str) -> None:
    plain = pd.DataFrame({"key": [text]})
    assert "mathjax_ignore" in frame_html(plain)
    assert "tex2jax_ignore" in frame_html(plain)
    ours = plain.copy()
    ours.attrs["provenance"] = []
    assert frame_html(ours).startswith('<div class="workbench-output mathjax_ignore tex2jax_ignore">')
    assert text in frame_html(ours)


def test_a_row_is_one_line_high_and_its_text_on_the_left() -> None:
    frame = pd.DataFrame({"topic": ["orders"], "groups": [["a", "b"]], "records": [1234]})
    frame.attrs["provenance"] = []
    html = frame_html(frame)
    assert '<td style="text-align: left; white-space: nowrap">orders</td>' in html
    assert '<td style="text-align: right; white-space: nowrap">1,234</td>' in html
    assert "<p>1 row, 3 columns</p>" in html


def test_an_index_of_the_user_is_shown() -> None:
    frame = pd.DataFrame({"n": [1]}, index=["task.failed"])
    frame.attrs["provenance"] = []
    assert "task.failed" in frame_html(frame)


def test_notebooks_use_it_for_every_frame() -> None:
    shell = InteractiveShell.instance()
    try:
        show_frames_plainly()
        data, _ = shell.display_formatter.format(pd.DataFrame({"key": ["$x$"]}))
        assert "mathjax_ignore" in data["text/html"]
    finally:
        InteractiveShell.clear_instance()
