"""Members are masked by path, wherever and however they are written; what cannot be read is masked as a whole."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from masked_trees import masked_tree, parsed

from workbench.config.masking import MaskingRule
from workbench.decoding.formats.json import BYTE_ORDER_MARK
from workbench.errors import ConfigurationError
from workbench.masking.actions import replacer
from workbench.masking.values import UNREADABLE, ValueMask

NUMBER = "4111-1111-1111-1111"
PREFIX = b"\x00\x00\x00\x00\x07"


def mask(*rules: MaskingRule, action="replace", **facts):
    made = rules or (MaskingRule(topics=("*",), action=action, **facts),)
    return ValueMask([(rule, replacer(rule, "pepper pepper pepper")) for rule in made])


def masked(data, decoded=None, **facts):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return masked_by(mask(**facts), data, decoded)


def masked_by(made, data, decoded=None):
    values, changed = made.masked(pa.array([data], pa.binary()), pa.array([decoded], pa.string()))
    return values[0].as_py(), bool(changed[0])


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
    for value in (b'{"id": 1.10, "card_type": "visa"}', b'{ "a" : "\\u0041" , "b": 1e400 }', b"{}", b" [] ", b""):
        assert masked(value, paths=("card",)) == (value, False)
    given = b'{"id": 1.10, "n": 12345678901234567890,"card": 1, "\\u0061":[ true,\t{ } ] , "no": null }\n'
    assert masked(given, paths=("card",)) == (given.replace(b'"card": 1', b'"card": "***"'), True)
    assert masked(b'{"card": null}', paths=("card",)) == (b'{"card": null}', False)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (b'{ "a":1, "b":2 }', b'{ "b":2 }'),
        (b'{"b":2 , "a":1 }', b'{"b":2 }'),
        (b'{"a":1, "a":2, "a":3}', b"{}"),
        (b'{"b":1, "a":{"c":[]}, "d":2, "a":1, "e":3}', b'{"b":1, "d":2, "e":3}'),
        (b'[{"a":1}, {"b":[{"a":2}]}]', b'[{}, {"b":[{"a":2}]}]'),
        (b'{"b":' + b"[" * 100 + b"]" * 100 + b',"a":' + b"[" * 100 + b"]" * 100 + b"}", None),
    ],
)
def test_what_is_removed_leaves_json(given, made):
    expected = given.replace(b',"a":' + b"[" * 100 + b"]" * 100, b"") if made is None else made
    assert masked(given, paths=("a",), action="remove") == (expected, True)


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
    made, _ = masked_by(mask(*rules), b'{"id": 1, "who": {"mail": "a@b", "n": 2}, "mail": "c@d", "x": 3}')
    assert json.loads(made) == {"id": 1, "who": {"mail": "(mail)", "n": 2}}


def test_what_another_format_read_is_masked_as_json():
    made, changed = masked(b"\x00\x00\x00\x00\x01\x02", decoded=f'{{"card": "{NUMBER}", "n": 1}}', paths=("card",))
    assert (made, changed) == (b'{"card": "***", "n": 1}', True)
    assert masked(b"\x00\x00\x00\x00\x01\x02", paths=("card",)) == (UNREADABLE, True)


def test_whole_values_are_masked_and_no_tombstone_is_made():
    assert masked(b"anything", value=True) == (b'"***"', True)
    assert masked(b"anything", value=True, action="remove") == (b"null", True)
    assert masked(b"12345678", value=True, action="keep_last") == (b'"***5678"', True)
    assert masked(b"", value=True) == (b"", False)


def test_columns_with_nulls_and_slices():
    values = pa.array([b"{}", None, b'{"card": 1}', b"", b"?", b'{"a": 1}', None], pa.binary()).slice(1, 5)
    made, changed = mask(paths=("card",)).masked(values, None)
    assert made.to_pylist() == [None, b'{"card": "***"}', b"", UNREADABLE, b'{"a": 1}']
    assert changed.tolist() == [False, True, False, True, False]
    whole, changed = mask(value=True).masked(values, None)
    assert whole.to_pylist() == [None, b'"***"', b"", b'"***"', b'"***"']
    assert changed.tolist() == [False, True, False, True, True]


def test_a_rule_that_fails_shows_nothing():
    def fail(plain):
        raise RuntimeError(plain)

    made = mask(action="hash", paths=("card",))
    made._replacers = [SimpleNamespace(text=fail)]
    assert masked_by(made, b'{"card": 1}') == (UNREADABLE, True)
    assert masked_by(made, b'{"card": {"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}}") == (UNREADABLE, True)


NAMES = st.sampled_from(["a", "b", "card", "größe", "schema", "payload", ""])
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
PATHS = st.lists(st.sampled_from(["a", "b", "card", "größe", "payload", "*", "**"]), min_size=1, max_size=3)
RULES = st.lists(
    st.tuples(
        st.sampled_from(["replace", "remove", "hash", "keep_last"]),
        st.booleans(),
        st.lists(PATHS, min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=3,
)


class Writer:
    """Writes trees as JSON with white space, escapes in texts and names, and members of one name."""

    def __init__(self, draw) -> None:
        self.draw = draw

    def space(self):
        return self.draw(st.sampled_from(["", "", "", " ", "\n\t"]))

    def listed(self, parts):
        return ",".join(f"{self.space()}{part}{self.space()}" for part in parts) or self.space()

    def text(self, plain):
        quoted = json.dumps(plain, ensure_ascii=self.draw(st.booleans()))
        if plain[:1].isascii() and plain[:1].isalnum() and self.draw(st.integers(0, 4)) == 0:
            return f'"\\u{ord(plain[0]):04x}{quoted[2:]}'
        return quoted

    def value(self, tree):
        if isinstance(tree, dict):
            members = list(tree.items())
            if members and self.draw(st.integers(0, 3)) == 0:
                members.append((self.draw(st.sampled_from(members))[0], self.draw(st.sampled_from(members))[1]))
            return f"{{{self.listed(f'{self.text(name)}{self.space()}:{self.value(one)}' for name, one in members)}}}"
        if isinstance(tree, list):
            return f"[{self.listed(map(self.value, tree))}]"
        return self.text(tree) if isinstance(tree, str) else json.dumps(tree)


@st.composite
def hostile_texts(draw):
    """JSON, sometimes behind a prefix, with a byte that is changed, or cut off."""
    value = Writer(draw).listed([Writer(draw).value(draw(TREES))]).encode("utf-8", "surrogatepass")
    kind = draw(st.integers(0, 9))
    if kind <= 1:
        return (PREFIX if kind else BYTE_ORDER_MARK) + value
    at = draw(st.integers(0, len(value) - 1))
    if kind == 2:
        return value[:at]
    return value[:at] + bytes([draw(st.integers(0, 255))]) + value[at + 1 :] if kind == 3 else value


@given(RULES, st.lists(hostile_texts(), min_size=1, max_size=4))
@settings(max_examples=150)
def test_bytes_are_masked_as_trees_are(rules, values):
    made = [
        MaskingRule(topics=("*",), action=action, **{"allow" if allows else "paths": tuple(map(".".join, paths))})
        for action, allows, paths in rules
    ]
    both = [(rule, replacer(rule, "pepper pepper pepper")) for rule in made]
    shown, changed = ValueMask(both).masked(pa.array(values, pa.binary()), None)
    for value, found, is_changed in zip(values, shown.to_pylist(), changed.tolist(), strict=True):
        assert is_changed or found == value
        if not value:
            continue
        try:
            expected = masked_tree(both, value)
        except ValueError:
            assert found == UNREADABLE, value
            continue
        # What is shown unchanged stands behind its prefix.
        assert parsed(found.removeprefix(PREFIX).removeprefix(BYTE_ORDER_MARK)) == expected, value


def test_the_number_of_ways_is_bounded():
    with pytest.raises(ConfigurationError, match="fewer"):
        mask(paths=("**.a" + ".*" * 16 + ".b",))
    assert masked({"a": {"x": {"b": NUMBER}}}, paths=("**.a.*.b",))[1]
