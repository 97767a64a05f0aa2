"""A convention with code is one module and one line: its hooks are asked for, its name is known nowhere else."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import golden_vectors
import pytest

import workbench.decoding
from workbench.decoding import Decoder, builtin_conventions, decode_record
from workbench.decoding.conventions.convention import (
    Convention,
    ConventionCode,
    DeadLetterBody,
    TraceHeaders,
)
from workbench.decoding.conventions.dead_letter_body import LetterShape
from workbench.decoding.conventions.selectors import Selector, parse_condition, parse_selector
from workbench.model import Record, TimestampType

ROOT = Path(workbench.decoding.__file__).parent
OWN_MODULES = (
    "conventions/onex/", "conventions/contract/", "conventions/wolverine.py", "conventions/registry.py",
    # The table of those who write dead letters names them, as data.
    "conventions/provenance.py",
)  # fmt: skip


@pytest.mark.parametrize("name", ["onex", "contract", "wolverine"])
def test_only_its_own_modules_and_the_registry_name_a_convention_with_code(name):
    word = re.compile(name, re.IGNORECASE)
    modules = [path for kind in ("*.py", "*.pyx", "*.pxd", "*.pyi") for path in ROOT.rglob(kind)]
    naming = {path.relative_to(ROOT).as_posix() for path in modules if word.search(path.read_text(encoding="utf-8"))}
    assert not {path for path in naming if not path.startswith(OWN_MODULES)}


LETTER = LetterShape("toy_dlq", "toy", topic="t", partition="p", offset="o", position_first=True)
CODE = ConventionCode(
    "toy",
    dialect="toy",
    repeated={"event_id": "toy-id"},
    linked_header=Selector("header", "toy-second"),
    uuids_only=True,
    trace=TraceHeaders(("toy-trace", "toy-span", "toy-parent"), "ids"),
    dead_letters=DeadLetterBody((LETTER,), event_type="toy.dead"),
)
TOY = Convention(
    "toy",
    5,
    all=((parse_condition("value:toy"),),),
    fields={"event_id": (parse_selector("value:toy"),), "event_type": (parse_selector("value:kind"),)},
    code=CODE,
)
HEADERS = (
    (b"toy-id", b"other"),
    (b"toy-second", b"s-1"),
    (b"toy-trace", b"5c1f9d0e7a3b42468c2d1e0f9a8b7c6d"),
    (b"toy-span", b"1a2b3c4d5e6f7081"),
)


@pytest.mark.parametrize("others", [(), builtin_conventions()])
@pytest.mark.parametrize("kind", ["toy.alive", "toy.dead"])
def test_every_hook_is_asked_for_by_both_ways_of_decoding(kind, others):
    value = f'{{"toy": "e-1", "kind": "{kind}", "t": "orders", "p": "1", "o": "7"}}'.encode()
    record = Record("toys", 0, 0, 0, TimestampType.CREATE, None, value, HEADERS)
    found = decode_record(record, (TOY, *others))
    assert (found.convention, found.dialect, found.event_id, found.link_ids) == ("toy", "toy", "e-1", ("s-1",))
    assert {"disagreement:event_id", "not_uuid:event_id", "not_uuid:link_ids"} == set(found.problems)
    assert found.trace is not None
    assert (found.trace.span_id, found.trace.via) == ("1a2b3c4d5e6f7081", "toy-trace")
    assert [cause.value for cause in found.causes] == (["orders/1/7"] if kind == "toy.dead" else [])

    decoder = pickle.loads(pickle.dumps(Decoder((TOY, *others))))  # noqa: S301 - our own
    rows = decoder.decode(golden_vectors.record_batch([record] * 20), "toys").to_pylist()
    assert all(row == rows[0] for row in rows)
    assert (rows[0]["event_id"], rows[0]["link_ids"], rows[0]["problems"]) == ("e-1", ["s-1"], list(found.problems))
    assert rows[0]["trace"]["span_id"] == "1a2b3c4d5e6f7081"
    assert [cause["value"] for cause in rows[0]["causes"]] == [cause.value for cause in found.causes]


_NEW = b"00000000-0000-4000-8000-0000000000c3"
_OLD = "00000000-0000-4000-8000-0000000000c2"


@pytest.mark.parametrize(
    ("headers", "value"),
    [
        (((b"MessageId", b"m-1"), (b"ConversationId", _NEW), (b"MT-InitiatingConversationId", _OLD.encode())), b"{}"),
        (
            (),
            b'{"messageId": "m-1", "messageType": ["urn:message:A:B"], "message": {}, "conversationId": "' + _NEW
            + b'", "headers": {"MT-InitiatingConversationId": "' + _OLD.upper().encode() + b'"}}',
        ),
    ],
)  # fmt: skip
def test_masstransit_says_which_conversation_a_new_one_was_started_from(headers, value):
    record = Record("t", 0, 0, 0, TimestampType.CREATE, None, value, headers)
    found = decode_record(record)
    assert (found.root_id, found.correlation_id, found.cause_state) == (_OLD, _NEW.decode(), "root")
    rows = Decoder().decode(golden_vectors.record_batch([record] * 20), "t").to_pylist()
    assert {(row["root_id"], row["correlation_id"]) for row in rows} == {(_OLD, _NEW.decode())}


def test_a_convention_gives_way_to_the_one_it_names_and_of_variants_the_first_counts():
    shy = Convention("shy", 5, all=((parse_condition("value:toy"),),), code=ConventionCode("shy", unless="toy"))
    twice = Convention("toy", 5, all=((parse_condition("value:kind"),),), dialect="second", code=CODE)
    record = Record("toys", 0, 0, 0, TimestampType.CREATE, None, b'{"toy": "e-1", "kind": "x"}', ())
    found = decode_record(record, (shy, TOY, twice))
    assert (found.convention, found.dialect, found.also_matched) == ("toy", "toy", ())
    assert decode_record(record, (shy,)).convention == "shy"
    only_kind = Record("toys", 0, 0, 0, TimestampType.CREATE, None, b'{"kind": "x"}', ())
    assert decode_record(only_kind, (shy, TOY, twice)).dialect == "second"
