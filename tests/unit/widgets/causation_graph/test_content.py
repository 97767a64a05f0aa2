from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from widget_feeds import HOSTILE
from widget_graphs import ScriptedGraph

from workbench.widgets import CausationGraph

if TYPE_CHECKING:
    from widget_browser import Browser

    from workbench.widgets.base.model import Widget


def drawing(browser: Browser, graph: Widget, number: int = -1) -> dict[str, Any]:
    return json.loads(browser.buffers(graph, "view")[number][0])  # type: ignore[no-any-return]


async def test_hostile_text_is_made_visible_before_it_is_sent(browser: Browser) -> None:
    graph = browser.show(CausationGraph(ScriptedGraph(text=HOSTILE)))
    await browser.until(lambda: browser.sent(graph, "view"))
    sent = browser.buffers(graph, "view")[0][0].decode()
    for character in ("\x1b", "\\u001b", "\u202e", "\\u202e"):
        assert character not in sent.replace("\\\\", "")
