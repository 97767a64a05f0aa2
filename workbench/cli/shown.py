"""What ``--show`` can print of a trace, by its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from workbench.cli.answers import print_answer
from workbench.cli.forms import print_form
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from workbench.cli.answers import Answered
    from workbench.tracing.trace import Trace

    Answers: TypeAlias = Mapping[str, Callable[[], Answered]]


def patterns(trace: Trace) -> Answers:
    """Return the answers about what the flows of a trace have in common."""
    return {
        "variants": trace.variants,
        "follows": trace.directly_follows,
        "profile": trace.timing_profile,
        "waiting": trace.waiting,
    }


def print_shown(answers: Answers, show: str, *, as_json: bool, csv: bool, others: Iterable[str] = ()) -> None:
    """Print the answer that was asked for.

    Args:
        answers: The answers.
        show: The word of one.
        as_json: Print its rows as JSON.
        csv: Print its rows as CSV.
        others: Further words, which the caller knows.

    Raises:
        ConfigurationError: There is no such answer.
    """
    if show not in answers:
        raise ConfigurationError(f"--show {show} is not known. Choose {', '.join([*others, *answers])}.")
    answer = answers[show]()
    if not print_form(answer, csv=csv):
        print_answer(answer, as_json=as_json)
