"""Whatever a server answers is a value or one kind of error."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.bus.registry import answers
from workbench.errors import SchemaRegistryError
from workbench.model.schemas import SchemaReference

NAMES = ["schema", "schemaType", "references", "id", "version", "subject", "name", "is_compatible", "messages", "mode"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["AVRO", "JSON"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_anything_is_read_or_refused(answer):
    for read in (
        lambda: answers.schema_of(answer, 1),
        lambda: answers.version_of(answer),
        lambda: answers.compatibility_of(answer),
        lambda: answers.registered_id(answer),
        lambda: answers.member(answer, "mode"),
        lambda: answers.list_of(answer, answers.place_of),
        lambda: answers.list_of(answer, answers.text),
    ):
        with contextlib.suppress(SchemaRegistryError):
            read()


def test_avro_is_the_type_that_is_left_out():
    found = answers.schema_of({"schema": '"int"', "references": [{"name": "n", "subject": "s", "version": 2}]}, 7)
    assert (found.id, found.type, found.references) == (7, "AVRO", (SchemaReference("n", "s", 2),))


@pytest.mark.parametrize("wrong", [-1, 2**31, 1.0, True, "1", None])
def test_ids_are_numbers_of_31_bits(wrong):
    with pytest.raises(SchemaRegistryError, match="where an id or version belongs"):
        answers.number(wrong)
