"""Checks the keys and types of a user's definition of a convention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import pydantic

from workbench.decoding.conventions.definition import with_lists
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_Texts = list[str]
_Groups = list[list[str]]
_PositiveText = Annotated[str, pydantic.Field(min_length=1)]


class _Definition(pydantic.BaseModel):
    """The shape of ``[conventions.<name>]``. Its values are thrown away; a default says that a key may be absent."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    strength: int = pydantic.Field(default=2, ge=0, le=5)
    all: Annotated[_Groups, pydantic.Field(min_length=1)]
    none: _Texts = []
    event_id: _Texts = []
    correlation_id: _Texts = []
    root_id: _Texts = []
    request_id: _Texts = []
    event_type: _Texts = []
    source: _Texts = []
    destination: _Texts = []
    event_time: _Texts = []
    started: _Texts = []
    ended: _Texts = []
    environment: _Texts = []
    tenant: _Texts = []
    principal: _Texts = []
    link_id: _Texts = []
    cause: _Groups = []
    root: _PositiveText = "never"
    time: Literal["rfc3339", "rfc3339_or_utc", "nservicebus", "epoch_ms", "epoch_s", "epoch_us", "epoch_ns", "auto"] = (
        "rfc3339"
    )
    id_scope: Literal["global", "source"] = "global"
    pick: Literal["last", "first"] = "last"
    ambiguous_if: _PositiveText | None = None
    null_values: _Texts = []


def check_definition(name: str, definition: Mapping[str, Any]) -> None:
    """Refuse a definition with keys or types that no convention has.

    Raises:
        ConfigurationError: It cannot be used; the message names the convention, the key and the fault.
    """
    try:
        _Definition.model_validate(with_lists(definition))
    except pydantic.ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ConfigurationError(
            f"Convention {name!r} cannot be used: {faults}. Correct [conventions.{name}]."
        ) from error
