"""A report is one page that loads nothing, runs nothing, and shows hostile text as text."""

from __future__ import annotations

import pandas as pd

from workbench.report import Section, frame_table, report_page, write_report
from workbench.text import element

HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m"


def test_hostile_text_everywhere_stays_text(tmp_path):
    frame = pd.DataFrame({HOSTILE: [HOSTILE], "list": [[HOSTILE, 1]], "none": [None], "n": [1_234_567], "x": [0.5]})
    sections = [
        Section(HOSTILE, HOSTILE, frame_table(frame)),
        Section("text", "", HOSTILE),
        Section("e", "", element("p", "<script>")),
    ]
    page = report_page(HOSTILE, sections)
    assert "<script" not in page
    assert "\x1b" not in page.replace("\\x1b", "")
    assert "default-src 'none'" in page
    assert "1,234,567" in page
    path = write_report(tmp_path / "r.html", "t", sections)
    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_a_long_table_counts_what_it_leaves_out():
    html = frame_table(pd.DataFrame({"n": range(130)}), rows=100).render()
    assert "30 more rows" in html
    assert html.count("<tr>") == 102
