"""Gives a group of commands one that is meant when none is named."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


def group_with_default(name: str) -> type[TyperGroup]:
    """Make a group class that takes ``workbench GROUP …`` for ``workbench GROUP NAME …``."""

    class WithDefault(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
                args = [name, *args]
            return super().parse_args(ctx, args)

    return WithDefault
