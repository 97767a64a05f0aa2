"""Members are masked by path, wherever and however they are written; what cannot be read is masked as a whole."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from workbench.config.masking import MaskingRule
from workbench.masking.actions import replacer
from workbench.masking.values import UNREADABLE, ValueMask

NUMBER = "4111-1111-1111-1111"


def mask(*rules: MaskingRule, action="replace", **facts):
    made = rules or (MaskingRule(topics=("*",), action=action, **facts),)
    return ValueMask([(rule, replacer(rule, "pepper pepper pepper")) for rule in made])


def masked(data, decoded=None, **facts):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    made = mask(**facts)
    if decoded is None and made.untouched(pa.array([data], pa.binary()))[0].as_py():
        return data, False
    return made.masked(data, decoded)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("card", {"card": NUMBER}),
        ("$.card", {"card": NUMBER}),
        ("payment.card", {"payment": {"card": NUMBER}}),
        ("payment.card", {"payment": [{"card": NUMBER}, {"card": NUMBER}]}),
        ("card", [{"card": NUMBER}]),
        ("payment", {"payment": {"deep": [NUMBER]}}),
        ("*.card", {"a": {"card": NUMBER}}),
        ("**.card", {"a": {"b": [{"c": {"card": NUMBER}}]}}),
        ("**.card", {"card": NUMBER}),
        ("a.**", {"a": {"b": {"c": NUMBER}}}),
        ("a.**.card", {"a": {"card": NUMBER}}),
        ("card", {"schema": {}, "payload": {"card": NUMBER}}),
        ("payload.card", {"schema": {}, "payload": {"card": NUMBER}}),
        ("größe", {"größe": NUMBER}),
    ],
)
def test_a_member_is_found(path, value):
    made, changed = masked(value, paths=(path,))
    assert changed
    assert NUMBER not in made.decode()
    assert "***" in made.decode()


@pytest.mark.parametrize(
    "value",
    [
        b'{"card": "4111-1111-1111-1111", "card": "x"}',
        b'{"a": {"card": "4111-1111-1111-1111"}, "a": 1}',
        b'{"\\u0063ard": "4111-1111-1111-1111"}',
        b'{"card": "4111-1111-1111-1111"',
        b'{"card": "4111-1111-1111-1111"} {}',
        b'\xef\xbb\xbf{"card": "4111-1111-1111-1111"}',
        b'\x00\x00\x00\x00\x07{"card": "4111-1111-1111-1111"}',
        '{"card": "4111-1111-1111-1111"}'.encode("utf-16"),
        '{"card": "4111-1111-1111-1111"}'.encode("utf-16-le"),
        b"4111-1111-1111-1111",
        b"4111111111111111",
        b'"4111-1111-1111-1111"',
        b'["4111-1111-1111-1111"]',
        b"card=4111-1111-1111-1111",
        b"\x08\x96\x014111-1111-1111-1111",
        b'{"card": ' + b'{"a":' * 100_000 + b'"4111-1111-1111-1111"' + b"}" * 100_000 + b"}",
    ],
    ids=range(16),
)
def test_no_way_of_writing_shows_it(value):
    made, changed = masked(value, paths=("card", "a.card"))
    assert changed
    assert b"1111" not in made
    assert b"1\x001\x001" not in made


def test_everything_else_stays_as_it_was():
    for value in (b'{"id": 1.10, "card_type": "visa"}', b'{ "a" : "\\u0041" , "b": 1e400 }', b"{}"):
        assert masked(value, paths=("card",)) == (value, False)
    made, _ = masked(b'{"id": 1.10, "n": 12345678901234567890, "card": 1, "ok": true, "no": null}', paths=("card",))
    assert made == b'{"id":1.10,"n":12345678901234567890,"card":"***","ok":true,"no":null}'
    assert masked({"card": None}, paths=("card",))[0] == b'{"card":null}'
    assert masked(b"", paths=("card",)) == (b"", False)


def test_only_what_is_allowed_is_shown():
    value = {
        "id": 7,
        "who": {"name": "Ann", "city": "Ulm"},
        "list": [{"id": 1, "x": 2}],
        "deep": {"a": {"b": 3}},
        "e": {},
    }
    made = json.loads(masked(value, allow=("id", "who.city", "list.id", "deep.**"))[0])
    assert made == {
        "id": 7,
        "who": {"name": "***", "city": "Ulm"},
        "list": [{"id": 1, "x": "***"}],
        "deep": {"a": {"b": 3}},
        "e": "***",
    }
    made = json.loads(
        masked({"schema": {"name": "S"}, "payload": {"id": 1, "x": 2}}, allow=("id",), action="remove")[0]
    )
    assert made == {"payload": {"id": 1}}


def test_masking_wins_over_allowing_and_the_first_rule_says_how():
    rules = (
        MaskingRule(topics=("*",), action="remove", allow=("who.**", "id")),
        MaskingRule(topics=("*",), action="replace", paths=("**.mail",), replacement="(mail)"),
    )
    made, _ = mask(*rules).masked(b'{"id": 1, "who": {"mail": "a@b", "n": 2}, "mail": "c@d", "x": 3}', None)
    assert json.loads(made) == {"id": 1, "who": {"mail": "(mail)", "n": 2}}


def test_what_another_format_read_is_masked_as_json():
    made, changed = masked(b"\x00\x00\x00\x00\x01\x02", decoded=f'{{"card": "{NUMBER}", "n": 1}}', paths=("card",))
    assert (made, changed) == (b'{"card":"***","n":1}', True)
    assert masked(b"\x00\x00\x00\x00\x01\x02", paths=("card",)) == (UNREADABLE, True)


def test_whole_values_are_masked_and_no_tombstone_is_made():
    assert masked(b"anything", value=True) == (b'"***"', True)
    assert masked(b"anything", value=True, action="remove") == (b"null", True)
    assert masked(b"12345678", value=True, action="keep_last") == (b'"***5678"', True)
