"""A dry run is shown as text and HTML, and obeys nothing of the data."""

from __future__ import annotations

from replay_samples import draft, facts, row, topic

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
    assert fine.dry_run().text("workbench replay run").endswith("Nothing was sent. To send:\n\nworkbench replay run")


def test_what_is_written_at_once_and_what_is_watched():
    plan = make_plan(draft(writer="idempotent", brake_topics=["a.dlq", "b.dlq"], brake_groups=["g"]), facts())
    assert "writing: idempotent, 1 batch, on error stop" in repr(plan)
    assert "waits when g falls behind; waits when a.dlq, b.dlq gain more than 5 records" in repr(plan)


def test_records_for_which_there_is_no_partition_are_a_line_of_their_own():
    few = facts(topic("copy", 2))
    assert "\ncopy: no partition        1 " in repr(
        make_plan(draft(row(1), row(2, partition=2), row(3, partition=1)), few)
    )
