"""Makes the decoder from ``workbench.toml``: built-in and own envelope conventions, and those fixed for a topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from workbench.decoding import Decoder


def own_conventions(
    conventions: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Mapping[str, Any]]:
    """Return the conventions of the settings file and of the caller by name; those of the caller come last."""
    from workbench.config import load_settings

    return {**load_settings().conventions, **(conventions or {})}


def decoder_for(topics: Sequence[str], *, conventions: Mapping[str, Mapping[str, Any]] | None = None) -> Decoder:
    """Make the decoder for some topics.

    Args:
        topics: Physical topic names, matched against the patterns of ``[topics]`` in ``workbench.toml``.
        conventions: Additional conventions by name, besides those of the settings file.

    Raises:
        ConfigurationError: A convention is not valid, or a pattern names one that does not exist.
    """
    from fnmatch import fnmatchcase

    from workbench.config import load_settings
    from workbench.decoding import Decoder, TopicConvention, load_conventions
    from workbench.errors import ConfigurationError

    settings = load_settings()
    loaded = load_conventions(own_conventions(conventions))
    known = {convention.name for convention in loaded}
    fixed: dict[str, TopicConvention] = {}
    for pattern, name in settings.topics.items():
        if name not in known:
            raise ConfigurationError(
                f"{settings.path}: topics.{pattern!r} names the convention {name!r}, which does not exist; "
                f"there are {', '.join(sorted(known))}.",
            )
        for topic in topics:
            if topic not in fixed and fnmatchcase(topic, pattern):
                fixed[topic] = TopicConvention(name)
    return Decoder(loaded, fixed)
