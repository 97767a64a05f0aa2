"""The profiles that apply: a user's own and the built-in ones."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.onex import onex_profiles
from workbench.decoding.conventions.profile import Profile, make_profile
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def builtin_profiles() -> tuple[Profile, ...]:
    """The built-in conventions in order of precedence; ONEX, first among equals, has one profile per body shape."""
    table = resources.files("workbench.decoding.conventions").joinpath("builtin.toml").read_text(encoding="utf-8")
    data = tuple(make_profile(name, definition) for name, definition in tomllib.loads(table).items())
    return (*onex_profiles(), *data)


def load_profiles(definitions: Mapping[str, Mapping[str, Any]]) -> tuple[Profile, ...]:
    """Profiles of a ``[profiles]`` table in its order, then the built-in ones that it does not define anew.

    Raises:
        ConfigurationError: A table is no profile; the message names the profile, the key and the fault.
    """
    for name, definition in definitions.items():
        if not hasattr(definition, "keys"):
            raise ConfigurationError(f"Profile {name!r} is {definition!r}; write it as a table [profiles.{name}].")
        if name == "onex":
            raise ConfigurationError("The profile name 'onex' is taken by the built-in convention; choose another.")
    own = tuple(make_profile(name, definition) for name, definition in definitions.items())
    return (*own, *(profile for profile in builtin_profiles() if profile.name not in definitions))
