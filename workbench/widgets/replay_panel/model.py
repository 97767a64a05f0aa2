"""Panel of a replay plan: shows the plan, asks for its token, runs it and shows the report."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from workbench.errors import ReplayRefused, WorkbenchError
from workbench.tasks import Supervisor
from workbench.text import and_more, counted, number_text, size_text, visible
from workbench.widgets.base.dashboard import in_voila
from workbench.widgets.base.loop_bound import Button, TextInput
from workbench.widgets.base.still import Still, WithStill
from workbench.widgets.sheet.blocks import facts_block, lines_block, preformatted_block, table_block
from workbench.widgets.sheet.difference import difference_block
from workbench.widgets.sheet.model import Sheet
from workbench.widgets.sheet.progress import progress_blocks

if TYPE_CHECKING:
    from workbench.model.feeds import PlanFacts, PlanSource
    from workbench.text import StaticView
    from workbench.widgets.sheet.blocks import Block, Tone

UPDATE_S = 0.25
_PAUSE, _RESUME = "Pause", "Resume"
WIDE = {"description_width": "160px"}


class ReplayPanel(WithStill, ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """Shows a plan and runs it after confirmation, by the same guarded call as from Python.

    Args:
        source: Supplies the plan and runs it; see `workbench.model.feeds.PlanSource`.
        in_dashboard: Whether the plan may run under Voila, where code runs on load and every visitor may click.
        supervisor: Owner of the run.
    """

    state = traitlets.Enum(
        ["planned", "running", "done", "refused", "stopped", "failed"],
        default_value="planned",
    )
    """State of the plan. ``refused``: a guard refused, nothing was written, and it can be tried again."""
    report = traitlets.Any(default_value=None, allow_none=True)
    """Report of the run, also of one that was stopped or failed; None before its end."""

    def __init__(
        self,
        source: PlanSource,
        *,
        in_dashboard: bool = False,
        supervisor: Supervisor | None = None,
    ) -> None:
        self.source = source
        self.plan = source.facts
        self.allowed = in_dashboard or not in_voila()
        self.name = visible(f"Replay to {_short(self.plan.target)}", 200)
        self.supervisor = supervisor if supervisor is not None else Supervisor()
        self._message = ""
        self.sheet = Sheet(
            name=self.name,
            refresh=self.refresh,
            every_s=UPDATE_S,
            supervisor=self.supervisor,
            # Running the cell again must not stop a run half-way: it shows this panel again.
            on_deleted=self._stop_soon,
        )
        self.still = self.sheet.still = Still(self.sheet.still_id, self.snapshot)
        self.token = self._entry("Token to confirm", f"type {self.plan.token}")
        self.target = self._entry("Name of the target", "the target is protected: type its name")
        self.run_button = Button(description="Run this plan", button_style="danger")
        self.pause_button = Button(description=_PAUSE, disabled=True)
        self.stop_button = Button(description="Stop", disabled=True)
        self.run_button.on_click(self._run_clicked)
        self.pause_button.on_click(self._pause_clicked)
        self.stop_button.on_click(self._stop_clicked)
        buttons = ipywidgets.HBox([self.run_button, self.pause_button, self.stop_button])
        form = [self.token, *([self.target] if self.plan.protected else []), buttons]
        super().__init__(children=[self.sheet, *(form if self.runnable else [])])
        self._enable()
        self.refresh()

    @property
    def runnable(self) -> bool:
        """Whether the panel may run the plan: no rule refuses it, and it is not in a dashboard."""
        return self.allowed and not self.plan.refusals

    def __repr__(self) -> str:
        """Return the target and the state; never a record or the token."""
        return f"<ReplayPanel {visible(self.plan.target, 60)}: {self.state}>"

    def refresh(self) -> None:
        """Show the plan, the progress of its run and its result."""
        if self.supervisor.closed and not self.token.disabled:
            self._enable()
        blocks: list[Block] = []
        if self.report is not None:
            # The report has what the bars and the lanes of the plan would say again.
            blocks.append(preformatted_block("Report", str(self.report)))
        elif self.state != "planned":
            blocks += progress_blocks(self.source.progress, "Run")
        if self._message:
            tone: Tone = "error" if self.state in ("failed", "refused") else "warn"
            blocks.insert(0, lines_block("Result", self._message.splitlines(), tone))
        self.sheet.show(self._state_text(), [*blocks, *plan_blocks(self.plan, done=self.report is not None)])

    def snapshot(self) -> StaticView:
        """Return what is shown now as static text."""
        self.refresh()
        return self.sheet.snapshot()

    async def stop(self) -> None:
        """Stop a run that is under way; the journal says what was sent."""
        await self.supervisor.stop(self._task_name)

    def close(self) -> None:
        """Close the view and its parts, and stop a run that is under way; the journal says what was sent."""
        if self.comm is not None:
            self.supervisor.cancel(self._task_name)
            for part in (self.sheet, self.token, self.target, self.run_button, self.pause_button, self.stop_button):
                part.close()
        super().close()

    def _state_text(self) -> str:
        if not self.allowed:
            return "planned; running is switched off in a dashboard"
        if self.supervisor.closed and self.state in ("planned", "refused"):
            return "closed: its cluster was closed, and nothing has been sent"
        if self.plan.refusals:
            return f"refused by {counted(len(self.plan.refusals), 'rule')}: it cannot be run"
        return {"planned": "planned; nothing has been sent"}.get(self.state, self.state)

    def _entry(self, description: str, placeholder: str) -> TextInput:
        entry = TextInput(description=description, placeholder=visible(placeholder, 120), style=WIDE)
        entry.layout.width = "min(480px, 100%)"
        entry.observe(self._enable, "value")
        return entry

    def _enable(self, _change: object = None) -> None:
        open_ = self.state in ("planned", "refused") and not self.supervisor.closed
        typed = bool(self.token.value.strip()) and (bool(self.target.value) or not self.plan.protected)
        self.run_button.disabled = not (self.runnable and open_ and typed)
        self.token.disabled = self.target.disabled = not open_
        self.pause_button.disabled = self.stop_button.disabled = self.state != "running"
        if self.state != "running":
            self.pause_button.description = _PAUSE

    @property
    def _task_name(self) -> str:
        # Not the id of the model: a closed view has none, and its page may still say that it was removed.
        return f"replay {self.plan.token} {self.sheet.still_id}"

    def _run_clicked(self, _button: Any) -> None:
        # A click may have been on its way when the button was disabled, or be forged: check here too.
        if self.run_button.disabled or not self.runnable:
            return
        self._change("running", "")
        confirm, target = self.token.value.strip(), self.target.value if self.plan.protected else None
        try:
            self.supervisor.spawn(self._task_name, self._run(confirm, target))
        except RuntimeError as error:
            self._change("refused", str(error))

    async def _run(self, confirm: str, target: str | None) -> None:
        try:
            self.report = await self.source.run(confirm=confirm, target=target)
        except ReplayRefused as error:
            # Several reasons are a list; the message, which has them in one line, says no more then.
            told = [] if len(error.reasons) > 1 else [str(error)]
            told += [reason for reason in error.reasons if not told or reason not in told[0]]
            self._change("refused", "\n".join(["Refused; nothing was written.", *told]))
        except asyncio.CancelledError:
            self._ended_early("stopped", "Stopped before its end.")
            raise
        except WorkbenchError as error:
            self._ended_early("failed", f"Failed: {error}")
        except Exception as error:
            self._ended_early("failed", f"Failed: {type(error).__name__}: {error}")
            raise
        else:
            ended = self.source.progress.state
            self._change(ended if ended in ("stopped", "failed") else "done", "")

    def _ended_early(self, state: str, message: str) -> None:
        """Show what was written and what not, and what can be done next."""
        self.report = self.source.report()
        where = "The journal" if self.report is None else "The report"
        self._change(state, f"{message}\n{where} says what was sent.")

    def _pause_clicked(self, _button: Any) -> None:
        """Let the run wait after its present batch, or let it go on."""
        if self.state != "running":
            return
        waits = self.pause_button.description == _RESUME
        if waits:
            self.source.resume()
        else:
            self.source.pause()
        self.pause_button.description = _PAUSE if waits else _RESUME

    def _stop_clicked(self, _button: Any) -> None:
        self.stop_button.disabled = True
        self._stop_soon()

    def _stop_soon(self) -> None:
        self.sheet.serve("stop", self.stop())

    def _change(self, state: str, message: str) -> None:
        self._message = message
        self.state = state
        self._enable()
        self.refresh()


def plan_blocks(plan: PlanFacts, *, done: bool = False) -> list[Block]:
    """Return a plan as blocks: refusals and warnings, the facts, samples; without its lanes once it is ``done``."""
    told = {name for name, _ in plan.summary}
    own = [
        ("target", f"{plan.target} (protected)" if plan.protected else plan.target),
        ("cluster", plan.cluster),
        ("records", number_text(plan.records)),
        *([] if "records" in told else [("size", size_text(plan.bytes))]),
    ]
    # A plan may describe the same more closely: each fact is listed once.
    summary = [*(pair for pair in own if pair[0] not in told), *plan.summary, ("token", plan.token)]
    lanes = [(name, number_text(count)) for name, count in plan.lanes]
    samples = [(sample.why, sample.position, sample.text) for sample in plan.samples]
    return [
        *([lines_block("Refused", plan.refusals, "error")] if plan.refusals else []),
        *([lines_block("Warnings", plan.warnings, "warn")] if plan.warnings else []),
        facts_block("Plan", summary),
        *([] if done else [table_block("Records for each partition", ("partition", "records"), lanes)]),
        *([table_block("Samples", ("why", "record", "content"), samples)] if samples else []),
        # The first two lines of a unified diff say before and after.
        *(difference_block(f"Changes of {position}", diff.splitlines()[2:]) for position, diff in plan.diffs),
    ]


def _short(target: str) -> str:
    """The first of several targets, and how many more there are: the facts below list all."""
    first, *more = target.split(", ")
    return f"{first}{and_more(len(more))}"
