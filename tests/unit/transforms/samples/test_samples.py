"""The transforms that are shipped do what their heads say."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wat_guests import records, run

from workbench.transforms.samples import sample_names, sample_path


def sample(name):
    return sample_path(name).read_text()


def mask(values, member="email"):
    return run(sample("mask"), records(values), environment={"OTHER": "x", "MASK_MEMBER": member, "Z": "1"})


def test_there_are_two():
    assert sample_names() == ["mask", "passthrough"]
    assert sample_path("none") is None


def test_passing_through_changes_nothing():
    made, found = run(sample("passthrough"), records([b"a", None, b"", b"x" * 100_000]))
    assert [one["value"] for one in found] == [b"a", None, b"", b"x" * 100_000]
    assert made.counts.finished


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ('{"email": "a@b.c"}', '{"email": "*****"}'),
        ('{"a": {"email" :"é"}, "email":"x\\"y"}', '{"a": {"email" :"**"}, "email":"****"}'),
        ('{"email": -12.5e3, "n": 1}', '{"email": -99.9e9, "n": 1}'),
        ('{"email": null, "x": "email", "mail": "a", "e-email": "b"}',) * 2,
        ('["email", "a@b.c"]',) * 2,
        ('"email"',) * 2,
        ('{"email": "cut', '{"email": "***'),
        ('{"email"',) * 2,
        ('{"email":',) * 2,
        ('{"x": "\\',) * 2,
        ("", ""),
    ],
)
def test_a_member_is_masked(value, masked):
    _, found = mask([value.encode()])
    assert [one["value"].decode() for one in found] == [masked]


def test_what_cannot_be_masked_is_not_written_and_said():
    made, found = mask([b'{"email": ["a@b.c"]}', b'{"email": {"a": 1}}', b'{"email": ""}', None])
    assert [one["value"] for one in found] == [b'{"email": ""}', None]
    assert [(line.level, line.offset) for line in made.log.lines] == [("warn", 0), ("warn", 1)]
    assert made.log.lines[0].text == "The member to mask is an object or an array: this record is not written."


def test_without_its_variable_it_says_what_to_set():
    made, found = run(sample("mask"))
    assert found == []
    assert made.errors[0].last_lines[0].text == "Set the variable MASK_MEMBER to the name of the member to mask."


values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["email", "x", 'q"']), inner, max_size=3), max_leaves=8)  # fmt: skip  # noqa: E501


def secrets(tree, *, inside=False):
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from secrets(value, inside=name == "email")
    elif isinstance(tree, list):
        for value in tree:
            yield from secrets(value)
    elif inside and isinstance(tree, str | int) and not isinstance(tree, bool):
        yield str(tree)


@settings(max_examples=60, deadline=None)
@given(tree=values, ascii_only=st.booleans())
def test_what_is_written_is_json_without_the_member(tree, ascii_only):
    text = json.dumps(tree, ensure_ascii=ascii_only)
    _, found = mask([text.encode("utf-8", "surrogatepass")])
    for one in found:
        assert set("".join(secrets(json.loads(one["value"].decode("utf-8", "surrogatepass"))))) <= set("*9-")
        assert len(one["value"]) == len(text.encode("utf-8", "surrogatepass"))
