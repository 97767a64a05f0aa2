"""Defines the saved views of the explorer: ``[views.NAME]`` of ``workbench.toml``."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping


class SavedView(BaseModel):
    """What an explorer shows first, and what its forms hold.

    Attributes:
        pane: Name of the pane that is shown.
        topic: The topic that is selected.
        filter: Words that the names of listed topics contain.
        order: Column by which topics are sorted, with ``-`` before it for descending.
        columns: Columns of messages and of hits, in their order; ``key:200`` is 200 pixels wide.
        messages_from: First bound of the messages; without one the newest are shown.
        partition: The partition whose messages are shown; without one those of all.
        topics: Topics that are searched, with blanks between them.
        where: Condition of the search, in SQL; and its other conditions.
        start: First bound of the search.
        end: Its exclusive last bound.
        newest: Whether it walks from the newest record back.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    pane: str = "topics"
    topic: str = ""
    filter: str = ""
    order: str = "topic"
    columns: list[str] = Field(default_factory=list)
    messages_from: str = ""
    partition: str = ""
    topics: str = ""
    where: str = ""
    words: str = ""
    regex: str = ""
    key: str = ""
    start: str = "-1h"
    end: str = "end"
    newest: bool = False

    def toml(self, name: str) -> str:
        """Write the lines for ``workbench.toml``; what is as usual is left out."""
        given = self.model_dump(exclude_defaults=True)
        lines = [f"{key} = {_toml_value(value)}" for key, value in given.items()]
        return "\n".join([f"[views.{_toml_value(name)}]", *lines])


def _toml_value(value: object) -> str:
    # A JSON text or list of texts is one of TOML too, but for the one control character that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def saved_view(views: Mapping[str, SavedView], name: str) -> SavedView:
    """Return a view by its name.

    Raises:
        ConfigurationError: There is no such view; similar names are named.
    """
    found = views.get(name)
    if found is None:
        near = difflib.get_close_matches(name, views, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ConfigurationError(
            f"workbench.toml has no view {name!r}; it has {', '.join(views) or 'none'}.{hint} "
            "The button Save view of the explorer writes the lines."
        )
    return found
