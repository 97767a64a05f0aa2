"""Names, topics and variables that a broker would refuse."""

from __future__ import annotations

import pytest

from workbench.errors import TransformError
from workbench.transforms.spec import TransformSpec


def spec(**changed):
    return TransformSpec(**{"name": "v", "input_topic": "orders", "output_topics": ("v",), **changed})


def test_the_guest_sees_its_topics_and_variables():
    made = spec(output_topics=("v", "w"), environment={"A": "1"})
    made.check()
    assert made.variables() == {
        "A": "1", "REDPANDA_INPUT_TOPIC": "orders", "REDPANDA_OUTPUT_TOPIC_0": "v", "REDPANDA_OUTPUT_TOPIC_1": "w",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"name": ""}, "its name has the length 0"),
        ({"name": "é" * 65}, "its name has the length 130"),
        ({"name": "a\nb"}, "its name contains control characters"),
        ({"name": "\ud800"}, "cannot be written as UTF-8"),
        ({"input_topic": ""}, "no input topic"),
        ({"output_topics": ()}, "0 output topics, and 1 to 8"),
        ({"output_topics": tuple("abcdefghi")}, "9 output topics"),
        ({"output_topics": ("a", "a")}, "named twice"),
        ({"output_topics": ("orders",)}, "never end"),
        ({"environment": {f"A{n}": "1" for n in range(129)}}, "129 variables"),
        ({"environment": {"": "1"}}, "name of the variable '' has the length 0"),
        ({"environment": {"A=B": "1"}}, "contains '='"),
        ({"environment": {"REDPANDA_X": "1"}}, "is the host's"),
        ({"environment": {"A": ""}}, "value of the variable 'A' has the length 0"),
        ({"environment": {"A": "x" * 2049}}, "has the length 2049"),
        ({"environment": {"A": "x\x00"}}, "control characters"),
    ],
)
def test_faults_are_named_before_anything_is_made(changed, why):
    with pytest.raises(TransformError, match=why) as caught:
        spec(**changed).check()
    assert caught.value.stage == "check"


def test_all_faults_are_named_and_no_value_is_shown():
    with pytest.raises(TransformError) as caught:
        spec(name="", environment={"PASSWORD": "secret\n"}).check()
    assert "its name" in str(caught.value)
    assert "PASSWORD" in str(caught.value)
    assert "secret" not in str(caught.value)
