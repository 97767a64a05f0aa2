"""Options for the forms in which an answer is printed, of which one is chosen at most."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from workbench.cli.output import print_text
from workbench.errors import ConfigurationError

AsSvg = Annotated[bool, typer.Option("--svg", help="Print a picture, as an SVG file.")]
AsMermaid = Annotated[bool, typer.Option("--mermaid", help="Print a chart for Mermaid.")]


def refuse_several(**forms: bool) -> None:
    """Refuse more than one form.

    Raises:
        ConfigurationError: Two options exclude each other.
    """
    chosen = [f"--{name}" for name, given in forms.items() if given]
    if len(chosen) > 1:
        raise ConfigurationError(f"{' and '.join(chosen)} exclude each other.")


def print_form(answer: Any, *, svg: bool = False, csv: bool = False, mermaid: bool = False) -> bool:
    """Print an answer in the form that is chosen; False where none is."""
    chosen = next((name for name, given in (("svg", svg), ("csv", csv), ("mermaid", mermaid)) if given), None)
    if chosen is None:
        return False
    print_text(str(getattr(answer, chosen)()).removesuffix("\n"))
    return True
