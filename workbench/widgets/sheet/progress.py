"""Blocks that show the progress of a job: a bar for each part, their sum, and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text import counted, duration_text, number_text, visible
from workbench.widgets.sheet.blocks import ROW_LIMIT, Bars, Facts

if TYPE_CHECKING:
    from workbench.model.feeds import Progress
    from workbench.widgets.sheet.blocks import Block


def progress_blocks(progress: Progress, title: str) -> list[Block]:
    """Make a bar for each part of a job, after one for all parts if there are several, and a list of the counts."""
    parts = progress.parts
    bars = [
        (visible(part.name, 120), part.share, _position(part.position, part.end, part.rate, part.remaining))
        for part in parts[:ROW_LIMIT]
    ]
    if len(parts) > 1:
        bars.insert(0, _total(progress))
    counts = tuple((visible(name, 80), number_text(number)) for name, number in progress.counts)
    blocks: list[Block] = [Bars(visible(title, 200), tuple(bars))] if bars else []
    if counts:
        blocks.append(Facts("Counted", counts))
    return blocks


def _total(progress: Progress) -> tuple[str, float | None, str]:
    parts = progress.parts
    rates = [part.rate for part in parts if part.rate is not None]
    bounded = [(part.start, part.end, part.position) for part in parts if part.end is not None]
    done = sum(max(part.position - part.start, 0) for part in parts)
    rate = sum(rates) if rates else None
    if len(bounded) < len(parts):
        return f"all {counted(len(parts), 'part')}", None, _figures(done, None, rate, None)
    total = sum(max(end - start, 0) for start, end, _ in bounded)
    remaining = sum(max(end - position, 0) for _, end, position in bounded)
    return (
        f"all {counted(len(parts), 'part')}",
        1.0 if not total else done / total,
        _figures(done, total, rate, remaining),
    )


def _position(position: int, end: int | None, rate: float | None, remaining: int | None) -> str:
    return f"at {_figures(position, end, rate, remaining)}"


def _figures(position: int, end: int | None, rate: float | None, remaining: int | None) -> str:
    where = number_text(position) if end is None else f"{number_text(position)} of {number_text(end)}"
    speed = "" if rate is None else f", {number_text(rate)}/s"
    left = "" if not remaining else f", {number_text(remaining)} remaining"
    until = f", about {duration_text(max(remaining / rate, 1), 's', smallest='s')}" if remaining and rate else ""
    return f"{where}{speed}{left}{until}"
