"""Colours that can be told from their background, and marks that do without colour."""

from __future__ import annotations

from typing import get_args

import pytest

from workbench.model.causation import EdgeKind, NodeKind, RootKind
from workbench.tracing.drawing import theme

LIGHT_BACKGROUNDS = ("#ffffff", "#f5f5f5")
DARK_BACKGROUNDS = ("#111111", "#212121")


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two ``#rrggbb`` colours, 1 to 21 (WCAG 2, relative luminance)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(text: str) -> float:
    channels = (int(text[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("background", [*LIGHT_BACKGROUNDS, *DARK_BACKGROUNDS])
@pytest.mark.parametrize("colour", [*theme.PALETTE, theme.NEUTRAL, theme.ALARM])
def test_marks_stand_out_in_light_and_dark(colour, background):
    assert contrast(colour, background) >= 3


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_kind_has_a_mark_of_its_own_without_colour():
    kinds = {*get_args(RootKind), *get_args(NodeKind)} - {"event"} | {"inner"}
    assert set(theme.MARKS) == kinds
    assert len({(mark.shape, mark.dash) for mark in theme.MARKS.values()}) == len(theme.MARKS)
    assert len({mark.label for mark in theme.MARKS.values()}) == len(theme.MARKS)
    assert set(theme.STROKES) == set(get_args(EdgeKind))
    drawn = [*theme.STROKES.values(), theme.LAYOUT_BREAK]
    assert {(stroke.dash, stroke.width) for stroke in drawn if stroke.label != "caused, from outside the snapshot"}
    assert len({stroke.label for stroke in drawn}) == len(drawn)


def test_colours_do_not_depend_on_the_order_of_names():
    names = [f"service-{i}" for i in range(25)]
    index = theme.palette_index([*names, None])
    assert index == theme.palette_index([None, *reversed(names)])
    assert index[None] == -1
    assert theme.colour(-1) == theme.NEUTRAL
    assert {theme.colour(place) for place in index.values()} == {theme.NEUTRAL, *theme.PALETTE}


@pytest.mark.parametrize(
    ("event_type", "topic", "failed"),
    [
        ("task.failed", "tasks", True),
        ("OrderPaymentFailed", "orders", True),
        ("com.example.order_rejected.v2", None, True),
        ("OrderPlaced", "orders.DLT", True),
        ("OrderPlaced", "dead-letter-orders", True),
        ("task.completed", "tasks", False),
        ("failover.started", "adltopic", False),
        ("ErrorlessRun", "orders", False),
        (None, None, False),
    ],
)
def test_failures_and_dead_letters_are_known_by_their_names(
    event_type: str | None, topic: str | None, failed: object
) -> None:
    assert (theme.is_failure(event_type) or theme.is_dead_letter(event_type, topic)) is failed
