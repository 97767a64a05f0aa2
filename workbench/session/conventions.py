"""The decoder that this user's settings ask for: built-in conventions, own profiles, profiles fixed by topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from workbench.decoding.columns import Decoder


def decoder_for(topics: Sequence[str], *, profiles: Mapping[str, Mapping[str, Any]] | None = None) -> Decoder:
    """Make the decoder for some topics.

    Args:
        topics: Physical names, matched against the patterns of ``[topics]`` in ``workbench.toml``.
        profiles: Own profiles besides those of the settings file, by name.

    Raises:
        ConfigurationError: A profile or pattern cannot be used.
    """
    from fnmatch import fnmatchcase

    from workbench.config import load_settings
    from workbench.decoding import TopicProfile, load_profiles
    from workbench.decoding.columns import Decoder
    from workbench.errors import ConfigurationError

    settings = load_settings()
    conventions = load_profiles({**settings.profiles, **(profiles or {})})
    known = {profile.name for profile in conventions}
    fixed: dict[str, TopicProfile] = {}
    for pattern, name in settings.topics.items():
        if name not in known:
            raise ConfigurationError(
                f"{settings.path}: topics.{pattern!r} names the profile {name!r}, which does not exist; "
                f"there are {', '.join(sorted(known))}.",
            )
        for topic in topics:
            if topic not in fixed and fnmatchcase(topic, pattern):
                fixed[topic] = TopicProfile(name)
    return Decoder(conventions, fixed)
