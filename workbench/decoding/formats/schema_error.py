"""The error of a schema that cannot be used."""

from __future__ import annotations


class SchemaError(ValueError):
    """A schema cannot be used; the message is the reason that its values are raw."""
