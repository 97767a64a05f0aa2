"""Tells failures that may pass by themselves from those that come again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import BrokerUnavailableError, PublishError

if TYPE_CHECKING:
    from collections.abc import Iterable


def may_pass(failures: Iterable[Exception]) -> bool:
    """Whether there are failures, and each may pass: no broker answered, or one said that trying again can help."""
    distinct = list({id(failure): failure for failure in failures}.values())
    return bool(distinct) and all(map(_may_pass, distinct))


def _may_pass(failure: Exception) -> bool:
    return isinstance(failure, BrokerUnavailableError) or (isinstance(failure, PublishError) and failure.retriable)
