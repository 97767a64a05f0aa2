"""Fields that look like secrets are named, with rules that mask them; their values are not shown."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from workbench.config import load_settings
from workbench.errors import UnknownTopicError, ValidationError
from workbench.exploration.masking import suggest_masking
from workbench.model.records.columns import RECORD

EMAIL, CARD = "ann@example.org", "4111 1111 1111 1111"


def rows(count):
    body = {"who": [{"email": EMAIL}], "card.no": CARD, "db": {"password": "x"}, "n": 1, "empty_token": ""}
    headers = [{"name": b"authorization", "value": b"Basic eA=="}, {"name": b"h", "value": None}]
    listed = [
        {
            "partition": 0,
            "offset": number,
            "timestamp_ms": number,
            "timestamp_type": 0,
            "key": EMAIL.encode() if number else None,
            "value": (json.dumps(body).encode(), b"no json", None)[number % 3],
            "headers": headers,
        }
        for number in range(count)
    ]
    return pa.Table.from_pylist(listed, schema=RECORD)


def test_fields_are_found_counted_and_made_rules(store, fill, tmp_path):
    fill(rows(6), topic="shop")
    found = suggest_masking(store, None, 1_000)
    listed = [(row["where"], row["field"], row["kind"], row["records"], row["sampled"]) for row in found.rows]
    assert listed == [
        ("header", "authorization", "named like a secret", 6, 6),
        ("key", "key", "e-mail", 5, 6),
        ("value", "*", "card number", 2, 6),
        ("value", "db.password", "named like a secret", 2, 6),
        ("value", "who.email", "e-mail", 2, 6),
    ]
    for text in (repr(found), found._repr_html_(), found.toml, found.frame.to_csv()):
        assert EMAIL not in text
        assert CARD not in text
    (tmp_path / "workbench.toml").write_text(found.toml)
    (rule,) = load_settings({"WORKBENCH_CONFIG": str(tmp_path / "workbench.toml")}).masking.rules
    assert rule.paths == ("*", "db.password", "who.email")
    assert (rule.headers, rule.key, rule.action) == (("authorization",), True, "replace")


def test_nothing_is_found_and_wrong_wishes_are_refused(store, fill):
    fill(
        pa.Table.from_pylist([{**rows(1).to_pylist()[0], "headers": [], "value": b"{}"}], schema=RECORD),
        topic="t",
        capture_id="c2",
    )
    assert repr(suggest_masking(store, "t", 10)) == "No field looks like a secret"
    with pytest.raises(UnknownTopicError):
        suggest_masking(store, "gone", 10)
    with pytest.raises(ValidationError, match="no number"):
        suggest_masking(store, None, 0)
