"""The conventions that apply: a user's own and the built-in ones."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.convention import Convention, make_convention
from workbench.decoding.conventions.onex import onex_conventions
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def builtin_conventions() -> tuple[Convention, ...]:
    """The built-in conventions in order of precedence; ONEX, first among equals, has one convention per body shape."""
    table = resources.files("workbench.decoding.conventions").joinpath("builtin.toml").read_text(encoding="utf-8")
    data = tuple(make_convention(name, definition) for name, definition in tomllib.loads(table).items())
    return (*onex_conventions(), *data)


def load_conventions(definitions: Mapping[str, Mapping[str, Any]]) -> tuple[Convention, ...]:
    """Conventions of a ``[conventions]`` table in its order, then the built-in ones that it does not define anew.

    Raises:
        ConfigurationError: A table is no convention; the message names the convention, the key and the fault.
    """
    for name, definition in definitions.items():
        if not hasattr(definition, "keys"):
            raise ConfigurationError(
                f"Convention {name!r} is {definition!r}; write it as a table [conventions.{name}]."
            )
        if name == "onex":
            raise ConfigurationError("The convention name 'onex' is taken by the built-in convention; choose another.")
    own = tuple(make_convention(name, definition) for name, definition in definitions.items())
    return (*own, *(convention for convention in builtin_conventions() if convention.name not in definitions))
