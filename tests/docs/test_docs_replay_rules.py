"""docs/replay-rules.md lists the rules, warnings, states and checks that the code has, and no others."""

from __future__ import annotations

import inspect
import re

import pytest
from project_docs import DOCS, ROOT, resolve

from workbench.replay.proof import delivery_checks
from workbench.replay.rules.guard import RULES
from workbench.store.journal import OUTCOME_NAMES, Journal
from workbench.store.journal.states import NEXT_STATES

PAGE = (DOCS / "replay-rules.md").read_text()
SECTIONS = dict(re.findall(r"^### (G-\d+) [^\n]+\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL))
NUMBER = re.compile(r"\bG-\d+\b")
REFUSALS = [rule for rule in RULES if rule.kind != "warning"]
WARNINGS = [rule for rule in RULES if rule.kind == "warning"]


def numbers_in_code():
    found = set()
    for path in ROOT.joinpath("workbench").rglob("*.py"):
        found |= set(NUMBER.findall(path.read_text()))
    return found


def table_after(heading):
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)


def test_the_page_has_exactly_the_numbers_of_the_code():
    assert set(SECTIONS) == numbers_in_code()
    assert set(SECTIONS) == {rule.number for rule in REFUSALS}


def test_the_page_is_in_the_order_of_the_numbers():
    assert list(SECTIONS) == sorted(SECTIONS, key=lambda number: int(number[2:]))


def test_the_page_mentions_no_number_without_a_section():
    assert set(NUMBER.findall(PAGE)) == set(SECTIONS)


@pytest.mark.parametrize("rule", REFUSALS, ids=lambda rule: rule.number)
def test_each_rule_says_when_why_what_to_do_and_where(rule):
    text = SECTIONS[rule.number]
    for part in ("**Holds when**", "**Why:**", "**What to do:**", "**Code:**"):
        assert part in text
    assert f"- **Code:** `{rule.check.__module__}.{rule.name}`" in text
    assert ("**Per record.**" in text) == (rule.kind == "record refusal")
    for option in re.findall(r"(\w+)=", rule.override or ""):
        assert f"{option}=" in text


def test_all_code_that_the_page_names_exists():
    for path in re.findall(r"`(workbench\.[\w.]+)`", PAGE):
        resolve(path)


def test_the_warnings_are_those_of_the_code():
    part = PAGE.split("\n## Warnings\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(W-\d+)` \| `(\w+)` \| [^|]+ \|$", part, re.MULTILINE)
    assert rows == [(rule.number, rule.name) for rule in WARNINGS]
    modules = set(re.findall(r"`(workbench\.replay\.rules\.\w+)`", part))
    assert modules == {rule.check.__module__ for rule in WARNINGS}


def test_the_journal_states_are_those_of_the_code():
    part = PAGE.split("\n## Journal states\n")[1].split("The outcome of each record")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", part, re.MULTILINE))
    stated = {state: set(re.findall(r"`(\w+)`", after)) for state, after in rows.items()}
    known = {state: set(after) for state, after in NEXT_STATES.items()}
    reached = set(known).union(*known.values())
    assert stated == {state: known.get(state, set()) for state in reached}


def test_the_outcomes_and_tables_are_those_of_the_code(tmp_path):
    part = PAGE.split("\n## Journal states\n")[1].split("\n## ")[0]
    said = re.search(r"The outcome of each record in the ledger is ([^.]+)\.", part)[1]
    assert set(re.findall(r"`(\w+)`", said)) == set(OUTCOME_NAMES)
    with Journal.open(tmp_path / "runs.duckdb") as opened, opened._connection.cursor() as cursor:
        query = "SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, 'replay')"
        tables = {name for (name,) in cursor.execute(query).fetchall()}
    assert set(re.findall(r"^\| `(replay\w+)` \|", part, re.MULTILINE)) == tables


def test_the_checks_of_the_verification_are_those_of_the_code():
    source = inspect.getsource(delivery_checks)
    listed = table_after("Verification")
    yielded = re.findall(r'yield (?:"([^"]+)")?', inspect.getsource(delivery_checks.all_checks))
    assert len(listed) == yielded.count("")
    # What is said instead of all of them stands below the table.
    assert all(f"`{name}`" in PAGE for name in yielded if name)
    for name in listed:
        assert f'"{name}"' in source
