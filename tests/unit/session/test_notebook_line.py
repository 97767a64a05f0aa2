from __future__ import annotations

import IPython
import IPython.display

import workbench as wb
from workbench.session.notebook_line import NotebookLine


async def test_the_demo_says_what_it_does_in_one_line(monkeypatch):
    class Shell:
        kernel = object()
        display_formatter = IPython.core.formatters.DisplayFormatter()

    said = []
    monkeypatch.setattr(IPython, "get_ipython", Shell)
    monkeypatch.setattr(IPython.display, "publish_display_data", lambda data, **more: said.append((data, more)))
    async with await wb.demo(history_s=5, live=False):
        texts = [data["text/plain"] for data, _ in said]
    assert texts[0].startswith("Demo: writing 5 s of traffic to memory://demo-")
    assert "records written" in texts[-1]
    assert [more["update"] for _, more in said] == [False, True]
    assert len({more["transient"]["display_id"] for _, more in said}) == 1


def test_outside_a_notebook_nothing_is_shown(capsys):
    NotebookLine().say("working")
    assert capsys.readouterr().out == ""
