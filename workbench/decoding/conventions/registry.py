"""Lists the conventions that apply: a user's own and the built-in ones, each with its hooks."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.contract.code import CODE as CONTRACT
from workbench.decoding.conventions.convention import NO_CODE, Convention
from workbench.decoding.conventions.definition import parse_convention
from workbench.decoding.conventions.onex.code import CODE as ONEX
from workbench.decoding.conventions.wolverine import CODE as WOLVERINE
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_CODE = {code.name: code for code in (ONEX, CONTRACT, WOLVERINE)}
"""Conventions with code; those that bring variants come before the others of equal strength."""


def make_convention(name: str, definition: Mapping[str, Any]) -> Convention:
    """Check and parse one convention; one that is called like a convention with code gets that code.

    Raises:
        ConfigurationError: It cannot be used; the message names the convention, the key and the fault.
    """
    # pydantic is a tenth of a command's start, and the built-in conventions are checked by the tests.
    from workbench.decoding.conventions.definition_check import check_definition

    check_definition(name, definition)
    return _parsed(name, definition)


def _parsed(name: str, definition: Mapping[str, Any]) -> Convention:
    return replace(parse_convention(name, definition), code=_CODE.get(name, NO_CODE))


@cache
def builtin_conventions() -> tuple[Convention, ...]:
    """Return the built-in conventions in order of precedence; variants of one convention follow each other."""
    table = resources.files("workbench.decoding.conventions").joinpath("builtin.toml").read_text(encoding="utf-8")
    data = tuple(_parsed(name, definition) for name, definition in tomllib.loads(table).items())
    coded = (replace(one, code=code) for code in _CODE.values() if code.variants is not None for one in code.variants())
    return (*coded, *data)


def load_conventions(definitions: Mapping[str, Mapping[str, Any]]) -> tuple[Convention, ...]:
    """Read a ``[conventions]`` table in its order, then the built-in conventions that it does not define anew.

    Raises:
        ConfigurationError: A table is no convention; the message names the convention, the key and the fault.
    """
    for name, definition in definitions.items():
        if not hasattr(definition, "keys"):
            raise ConfigurationError(
                f"Convention {name!r} is {definition!r}; write it as a table [conventions.{name}]."
            )
        if _CODE.get(name, NO_CODE).variants is not None:
            raise ConfigurationError(
                f"The convention name {name!r} is taken by the built-in convention; choose another."
            )
    own = tuple(make_convention(name, definition) for name, definition in definitions.items())
    return (*own, *(convention for convention in builtin_conventions() if convention.name not in definitions))
