"""A dry run is shown as text and HTML, and obeys nothing of the data."""

from __future__ import annotations

from replay_samples import draft, facts, row

from workbench.replay import make_plan

HOSTILE = "<img src=x onerror=alert(1)>\u202e\x1b[31m"


def test_shown_as_text_and_as_html_without_obeying_the_data():
    hostile = draft(
        row(1, key=HOSTILE.encode(), value=b"<script>alert(1)</script>"),
        row(2, value=None),
        columns={"event_type": [HOSTILE, None]},
    )
    hostile = hostile.replace(accept_groups=["<b>"])
    plan = make_plan(hostile, facts())
    text, html = repr(plan), plan._repr_html_()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<img" not in html
    assert "<script" not in html
    assert "\u202e" not in html
    assert "G-6" in text
    assert "Refused" in text
    fine = make_plan(draft(), facts())
    assert repr(fine).endswith(f"Nothing was sent. To send: run(plan, confirm={fine.token!r})")
