"""A trace on the page with the stub model: this side answers as the widget's Python model does, without a kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.tracing.drawing.painting.content import view_content
from workbench.tracing.trace import Trace
from workbench.tracing.views import TraceViews
from workbench.widgets import CausationGraph

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage import Stage

    from workbench.model.causation import GraphView, GraphViewSource, Picture

STATE = {
    "name": "Trace",
    "layout_name": None,
    "lanes": "topic",
    "boxes": "event_type",
    "height": 520,
    "still_id": "still",
}
ANSWER = """() => {
  stage.answer = async (content) => {
    for (const [said, rows] of await kernel(content)) stage.play(said, rows ?? undefined);
  };
  for (const name of ["layout_name", "lanes", "boxes"])
    stage.model.on(`change:${name}`, () => stage.answer({ kind: "trait", name, value: stage.state[name] }));
}"""
FRAMES = """async (box) => {
  const svg = document.querySelector('.wb-stage svg'), gaps = [];
  const at = (x, y, kind) => svg.dispatchEvent(new PointerEvent(kind,
    { clientX: x, clientY: y, button: 0, pointerId: 1, bubbles: true }));
  svg.setPointerCapture = () => {};
  let last = 0, x = box.x + 700, y = box.y + 400, n = 0;
  at(x, y, 'pointerdown');
  await new Promise((done) => {
    const step = (now) => {
      if (last) gaps.push(now - last);
      last = now;
      x += n % 40 < 20 ? -9 : 9;
      y += n % 60 < 30 ? -6 : 6;
      at(x, y, 'pointermove');
      if (++n < 24) requestAnimationFrame(step); else done();
    };
    requestAnimationFrame(step);
  });
  at(x, y, 'pointerup');
  gaps.sort((a, b) => a - b);
  return { fps: 1000 * gaps.length / gaps.reduce((a, b) => a + b, 0), median: gaps[gaps.length >> 1], moved: n };
}"""


class TraceStage:
    """One trace in the live view."""

    def __init__(self, stage: Stage, source: GraphViewSource, limit: int) -> None:
        self.stage = stage
        self.page = stage.page
        self._source = source
        self._limit = limit
        self._layout: Any = None
        self._fields: dict[str, Any] = {"lanes": "topic", "boxes": "event_type"}
        self._opened: frozenset[str] = frozenset()
        self._picked: set[Any] = set()
        self._serial = 0
        self.view: GraphView | Picture | None = None

    def begin(self, layout: Any) -> None:
        self._layout = layout
        self.page.expose_function("kernel", self._answer)
        self.page.evaluate(ANSWER)
        for said, rows in self._drawn():
            self.stage.play(said, rows)

    def _drawn(self) -> list[list[Any]]:
        self.view = self._source.view(layout=self._layout, **self._fields, opened=self._opened, limit=self._limit)
        self._serial += 1
        keys = [node.key for node in self.view.nodes if self._picked & set(node.positions)]
        said = {"kind": "view", "serial": self._serial, "picked": keys}
        return [[said, json.loads(json.dumps(view_content(self.view)))]]

    def _answer(self, content: dict[str, Any]) -> list[list[Any]]:
        kind, nodes = content["kind"], self.view.nodes if self.view is not None else ()
        if kind == "trait":
            if content["name"] == "layout_name":
                self._layout = content["value"]
            else:
                self._fields[content["name"]] = content["value"]
            return self._drawn()
        if kind == "open":
            self._opened |= {content["key"]}
            return self._drawn()
        if kind == "select":
            self._picked = {place for node in nodes if node.key in content["keys"] for place in node.positions}
        if kind == "find":
            found = CausationGraph.found(self._source, content["text"], self.view)
            return [[{"kind": "found", "request": content["request"], **found}, None]]
        if kind == "record":
            node = next(node for node in nodes if node.key == content["key"])
            facts = [["record", str(node.positions[0])]] if node.positions else []
            return [
                [{"kind": "record", "request": content["request"], "facts": facts, "headers": [], "body": "{}"}, None]
            ]
        return []

    def take(self, trace: Trace | GraphViewSource) -> None:
        """Show another trace, or the views of an answer, in the same view."""
        self._source = TraceViews(trace.data) if isinstance(trace, Trace) else trace
        self._opened, self._picked = frozenset(), set()
        for said, rows in self._drawn():
            self.stage.play(said, rows)

    def show(self, name: str) -> None:
        """Choose a view by its button, and wait until it is drawn."""
        button = self.page.get_by_role("button", name=name, exact=True)
        button.click()
        self.page.wait_for_function(
            "name => [...document.querySelectorAll('.wb-layouts button')]"
            ".some((one) => one.textContent === name && one.getAttribute('aria-pressed') === 'true')",
            arg=name,
        )

    def pan(self) -> dict[str, float]:
        """Drag the drawing for 24 frames: frames a second, and the page's own work for each in ``cpu_ms``."""
        box = self.page.locator(".wb-stage").bounding_box()
        session = self.page.context.new_cdp_session(self.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def worked_s() -> float:
            metrics = session.send("Performance.getMetrics")["metrics"]
            return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))

        before = worked_s()
        measured: dict[str, float] = self.page.evaluate(FRAMES, box)
        measured["cpu_ms"] = 1_000 * (worked_s() - before) / measured["moved"]
        session.detach()
        return measured

    def smallest_text(self) -> float:
        """Height of the smallest text of the drawing on screen, in CSS pixels."""
        smallest: float = self.page.evaluate(
            "() => Math.min(...[...document.querySelectorAll('.wb-stage text')].map((text) =>"
            " parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))",
        )
        return smallest


def shown(
    stage: Callable[..., Stage], trace: Trace | GraphViewSource, layout: Any = None, *, limit: int = 500, **options: Any
) -> TraceStage:
    """Show a trace, or the views of an answer."""
    source = TraceViews(trace.data) if isinstance(trace, Trace) else trace
    made = TraceStage(stage(CausationGraph, dict(STATE), **options), source, limit)
    made.begin(layout)
    return made
