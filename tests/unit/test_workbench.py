"""The public surface: what Tab shows after ``wb.``, what a star import gives, and what can be imported besides."""

from __future__ import annotations

import ast
import builtins
import subprocess
import sys
from pathlib import Path

import pytest

import workbench as wb
from workbench import errors

LISTED = [
    "AuthenticationError",
    "BrokerUnavailableError",
    "Cluster",
    "ConfigurationError",
    "QueryError",
    "Record",
    "ReplayRefused",
    "Snapshot",
    "SnapshotError",
    "TopicPartition",
    "UnknownTopicError",
    "ValidationError",
    "WindowError",
    "WorkbenchError",
    "compare",
    "connect",
    "demo",
    "errors",
    "eventbus",
    "explore",
    "open",
    "open_trace",
    "testing",
]
CONTRACT = [
    "EventBus",
    "EventBusConfiguration",
    "EventMessage",
    "EventMetadata",
    "EventSourcing",
    "EventStore",
    "EventType",
    "FailurePolicy",
    "ProtocolEventBus",
    "ProtocolKafkaAdapter",
    "SecurityContext",
    "WorkflowEventBusIntegration",
    "batch_publish_events",
    "create_event_bus_from_config",
    "integrate_mcp_events",
    "resilient_handler",
    "send_to_dead_letter_queue",
]
ERRORS = sorted(
    name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, errors.WorkbenchError)
)


def test_dir_shows_a_workbench():
    assert dir(wb) == LISTED


def test_a_star_import_leaves_the_builtin_open_alone():
    scope: dict[str, object] = {}
    exec("from workbench import *", scope)  # noqa: S102 - the statement is the subject
    assert scope.get("open", builtins.open) is builtins.open
    assert {name for name in scope if not name.startswith("__")} == set(wb.__all__)
    assert set(wb.__all__) == set(LISTED) - {"errors", "eventbus", "open", "testing"}


@pytest.mark.parametrize("name", CONTRACT)
def test_names_of_the_contract_can_be_imported_and_are_not_listed(name):
    scope: dict[str, object] = {}
    exec(f"from workbench import {name}", scope)  # noqa: S102 - the statement is the subject
    assert scope[name] is getattr(wb, name)
    assert name not in dir(wb)


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_reachable(name):
    assert getattr(wb.errors, name) is getattr(wb, name)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'conect'"):
        wb.conect  # noqa: B018 - the access is the subject
    with pytest.raises(ImportError):
        exec("from workbench import conect", {})  # noqa: S102 - the statement is the subject


def test_type_checkers_are_told_the_same_names():
    tree = ast.parse(Path(wb.__file__).read_text())
    (block,) = [n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    told = {alias.asname for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert told == {*wb._HOME_OF, *wb._MODULES, "open"}


def test_modules_are_loaded_when_they_are_asked_for():
    code = (
        "import sys, workbench as wb\n"
        "names = {'workbench.eventbus', 'workbench.testing', 'workbench.session'}\n"
        "print(sorted(names & set(sys.modules)))\n"
        "print(wb.errors.WindowError.__name__, wb.eventbus.EventBus.__name__, wb.testing.wait_until.__name__)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["[]", "WindowError EventBus wait_until"]
