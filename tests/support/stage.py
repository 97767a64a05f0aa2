"""A page with a stub model: it records what a widget sends, and plays what a kernel would say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGE = """<!doctype html>
<html lang="en"><head><title>stage</title><link rel="stylesheet" href="/widget.css">
<link rel="icon" href="data:,"></head>
<body style="margin: 12px"><div id="host"></div>
<script type="module">
import widget from "/widget.js";
const listeners = new Map();
const on = (name, call) => listeners.set(name, [...(listeners.get(name) ?? []), call]);
const off = (name, call) => listeners.set(name, (listeners.get(name) ?? []).filter((one) => one !== call));
const fire = (name, ...args) => { for (const call of listeners.get(name) ?? []) call(...args); };
const stage = { state: {}, sent: [], saved: [], changed: new Set(), answer: null, listeners };
stage.model = {
  get: (name) => stage.state[name],
  set(name, value) {
    if (stage.state[name] === value) return;
    stage.state[name] = value;
    stage.changed.add(name);
    fire(`change:${name}`);
  },
  save_changes() {
    for (const name of stage.changed) stage.saved.push([name, stage.state[name]]);
    stage.changed.clear();
  },
  send(content) { stage.sent.push(content); stage.answer?.(content); },
  on, off,
};
stage.play = (content, rows) => {
  const buffers = rows === undefined ? [] : [new DataView(new TextEncoder().encode(JSON.stringify(rows)).buffer)];
  fire("msg:custom", content, buffers);
};
stage.start = async (state) => {
  stage.state = state;
  stage.cleanup = await widget.render({ model: stage.model, el: document.getElementById("host") });
};
window.stage = stage;
</script></body></html>"""

CONTRAST = """(root) => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const ink = canvas.getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    ink.clearRect(0, 0, 1, 1);
    ink.fillStyle = colour;
    ink.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = ink.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
  const ground = (node) => {
    if (!node) return [255, 255, 255];
    const own = rgba(getComputedStyle(node).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, ground(node.parentElement));
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  for (const node of document.querySelectorAll(root + ', ' + root + ' *')) {
    const words = [...node.childNodes].filter((c) => c.nodeType === 3 && c.textContent.trim());
    if (!words.length || !node.checkVisibility() || node.closest('.wb-unseen')) continue;
    const style = getComputedStyle(node);
    const drawn = node instanceof SVGElement;
    const back = drawn ? ground(node.closest('svg').parentElement) : ground(node);
    const front = over(rgba(drawn ? style.fill : style.color), back);
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    found.push({ text: node.textContent.slice(0, 30), ratio: (a + 0.05) / (b + 0.05) });
  }
  return found;
}"""


class Stage:
    """One widget on one page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def start(self, state: dict[str, Any]) -> None:
        self.page.wait_for_function("() => window.stage")
        self.page.evaluate("state => stage.start(state)", state)

    def play(self, content: dict[str, Any], rows: object | None = None) -> None:
        self.page.evaluate("([content, rows]) => stage.play(content, rows ?? undefined)", [content, rows])

    def sent(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate(
            "kind => stage.sent.filter((content) => content.kind === kind)",
            kind,
        )
        return found

    def wait_sent(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        self.page.wait_for_function(
            "([kind, count]) => stage.sent.filter((content) => content.kind === kind).length >= count",
            arg=[kind, count],
        )
        return self.sent(kind)

    def saved(self) -> list[list[Any]]:
        pairs: list[list[Any]] = self.page.evaluate("() => stage.saved")
        return pairs

    def set(self, **state: object) -> None:
        """Change traits as the kernel would."""
        self.page.evaluate(
            "state => { for (const [name, value] of Object.entries(state)) stage.model.set(name, value);"
            " stage.changed.clear(); }",
            state,
        )


def lowest_contrast(page: Page, root: str) -> tuple[float, str]:
    """The least readable text under ``root``: its ratio and its first characters."""
    found = page.evaluate(CONTRAST, root)
    assert len(found) > 3, json.dumps(found)
    worst = min(found, key=lambda one: one["ratio"])
    return worst["ratio"], worst["text"]


def serious_findings(page: Page, root: str = ".workbench") -> list[str]:
    """What axe finds serious or critical below ``root``: the rule, and the elements."""
    found = Axe().run(page, root, {"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {[node['html'][:120] for node in one['nodes']]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
