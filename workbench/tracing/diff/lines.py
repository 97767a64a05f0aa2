"""Writes a diff as a tree: the keys that differ, each below what led to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.text import counted, visible, visible_name
from workbench.tracing.answers import SHOWN, micros_text, rest_text, share_text
from workbench.tracing.text.mermaid import MERMAID_LIMIT, label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from workbench.tracing.diff.keys import Step

_LABEL_LIMIT, _LEAST_REST = 60, 20
_WIDEST = 60
"""Characters after which what differs follows a label, however long that is."""


def key_lines(frame: pd.DataFrame, keys: Sequence[tuple[Step, ...]]) -> list[str]:
    """Write the keys that differ; keys without a difference stand only above others, to say where those are.

    A line begins with ``+`` for a key that only b has, and with ``-`` for one that only a has.

    Args:
        frame: As `workbench.tracing.diff.diff.TraceDiff.frame`.
        keys: The structured key of each of its rows.
    """
    order = _differing(frame, keys)
    shown = _with_causes(keys[row] for row in order[:SHOWN])
    place = {key: row for row, key in enumerate(keys)}
    written = [("  " * (len(key) - 1) + _label(key), *_difference(frame.iloc[place[key]])) for key in shown]
    width = min(max((len(label) for label, *_ in written), default=0), _WIDEST)
    lines = [f"{mark} {label:{width}}  {what}".rstrip() for label, mark, what in written]
    if any(key[-1].leaf for key in shown):
        lines.append("  $: nothing came of it")
    return lines + rest_text(len(order), "differing key")


def key_chart(frame: pd.DataFrame, keys: Sequence[tuple[Step, ...]]) -> str:
    """Write the same tree as a Mermaid flow chart, with more keys: a box for each, and what differs in it."""
    order = _differing(frame, keys)
    number = {key: n for n, key in enumerate(_with_causes(keys[row] for row in order[:MERMAID_LIMIT]))}
    place = {key: row for row, key in enumerate(keys)}
    lines = ["flowchart LR"]
    for key, n in number.items():
        mark, what = _difference(frame.iloc[place[key]])
        said = [f"{mark} {_label(key)}".strip(), *([what] if what else [])]
        lines.append(f'  k{n}["{" / ".join(map(label, said))}"]')
        if len(key) > 1:
            lines.append(f"  k{number[key[:-1]]} --> k{n}")
    if not order:
        lines.append('  same["no difference"]')
    elif len(order) > MERMAID_LIMIT:
        lines.append(f'  rest["{counted(len(order) - MERMAID_LIMIT, "more differing key")}"]')
    return "\n".join(lines) + "\n"


def _differing(frame: pd.DataFrame, keys: Sequence[tuple[Step, ...]]) -> list[int]:
    differs = (frame["status"] != "same") | frame["slower_or_faster"]
    return sorted(differs.to_numpy().nonzero()[0].tolist(), key=lambda row: [step.text() for step in keys[row]])


def _with_causes(keys: Iterable[tuple[Step, ...]]) -> dict[tuple[Step, ...], None]:
    """Return each key after the keys of what led to it, in order, each of them once."""
    return {key[:depth]: None for key in keys for depth in range(1, len(key) + 1)}


def _label(key: tuple[Step, ...]) -> str:
    """Write the last step as `Step.text` does, but equal other causes once, with their number."""
    step = key[-1]
    others = tuple(name if many == 1 else f"{many} x {name or ''}" for name, many in Counter(step.others).items())
    name = replace(step, others=(), leaf=False).text()
    rest = replace(step, others=others).text().removeprefix(name)
    shown = visible_name(name, _LABEL_LIMIT)
    return shown + visible(rest, max(_LABEL_LIMIT - len(shown), _LEAST_REST))


def _difference(row: pd.Series[Any]) -> tuple[str, str]:
    """Return the mark of a key, and what differs in words."""
    parts = []
    if row["status"] != "same":
        parts.append(f"{str(row['status']).replace('_', ' ')} {share_text(row['a'])} → {share_text(row['b'])}")
    if row["slower_or_faster"]:
        word = "slower" if row["delta_us"] > 0 else "faster"
        parts.append(f"{word} {micros_text(row['hop_a_us'])} → {micros_text(row['hop_b_us'])}")
    return "+" if row["a"] == 0 else "-" if row["b"] == 0 else " ", ", ".join(parts)
