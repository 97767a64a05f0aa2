"""Registers a schema: who may, and with which rows of the audit."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import ReplayRefused
from workbench.session.schemas.audit import audited
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.bus.registry import SchemaRegistry
    from workbench.model.schemas import SchemaReference, SchemaType


@dataclass(frozen=True, slots=True)
class Registrar:
    """A registry that may be written to, and why it is."""

    registry: SchemaRegistry
    reason: str
    cluster: str
    """Name of the cluster that it belongs to."""
    protected: bool
    """Whether the subject must be typed."""

    async def register(
        self,
        subject: str,
        definition: str | Mapping[str, Any],
        schema_type: SchemaType,
        references: Sequence[SchemaReference],
        *,
        context: str | None,
        target: str | None,
    ) -> int:
        """Register a schema and return its id; a row of the audit says that it begins, another how it ended.

        Raises:
            ReplayRefused: The cluster is protected and ``target`` is not the subject; nothing was sent.
        """
        if self.protected and target != subject:
            raise ReplayRefused(
                f"{self.cluster} is protected: type the subject's name to register a schema there, "
                f"target={visible(subject, 200)!r}."
            )
        facts = {"subject": subject, "type": schema_type, "registry": self.registry.name, "context": context}
        async with audited("schema.register", str(uuid.uuid4()), self.reason, self.cluster, facts) as outcome:
            made = await self.registry.register(subject, definition, schema_type, references, context=context)
            outcome["id"] = made
        return made
