from __future__ import annotations

import re

import pytest

from workbench.errors import ConfigurationError, UnknownTopicError
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.topics import TopicInfo


def topics(*names: str):
    return [TopicInfo(name, None, internal=name.startswith("__"), partitions=()) for name in names]


CLUSTER = topics(
    "__consumer_offsets",
    "billing",
    "onex.dev.a",
    "onex.dev.b",
    "onex.dev.b.replay.0a1b2c3d",
    "onex.dev.replay.notahash",
    "onex.prod.a",
)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("billing", ["billing"]),
        (["onex.prod.a", "billing"], ["billing", "onex.prod.a"]),
        ("onex.dev.?", ["onex.dev.a", "onex.dev.b"]),
        ("onex.dev.*", ["onex.dev.a", "onex.dev.b", "onex.dev.replay.notahash"]),
        ("onex.dev.[ac]", ["onex.dev.a"]),
        ("~onex\\..*\\.a", ["onex.dev.a", "onex.prod.a"]),
        (re.compile("onex.prod.."), ["onex.prod.a"]),
        ("*", ["billing", "onex.dev.a", "onex.dev.b", "onex.dev.replay.notahash", "onex.prod.a"]),
        ("*.replay.*", ["onex.dev.b.replay.0a1b2c3d", "onex.dev.replay.notahash"]),
        ("~.*\\.replay\\.[0-9a-f]{8}", ["onex.dev.b.replay.0a1b2c3d"]),
        ("__consumer_offsets", ["__consumer_offsets"]),
        ("onex.dev.b.replay.0a1b2c3d", ["onex.dev.b.replay.0a1b2c3d"]),
        (["onex.dev.*", "onex.dev.a", "billing"], ["billing", "onex.dev.a", "onex.dev.b", "onex.dev.replay.notahash"]),
    ],
)
def test_names_lists_and_patterns(wanted, names):
    assert [topic.name for topic in parse_topics(wanted).resolve(CLUSTER)] == names


def test_a_pattern_is_about_whole_names():
    with pytest.raises(UnknownTopicError):
        parse_topics("~onex").resolve(CLUSTER)


def test_an_unknown_name_brings_similar_ones():
    with pytest.raises(UnknownTopicError, match=r"'biling' does not exist\. Similar names: billing") as caught:
        parse_topics(["billing", "biling"]).resolve(CLUSTER)
    assert caught.value.similar == ["billing"]


@pytest.mark.parametrize(("pattern", "reason"), [("payments.*", "None of the cluster's 7 topics"), ("__*", "only 1 ")])
def test_a_pattern_that_matches_nothing_says_why(pattern, reason):
    with pytest.raises(UnknownTopicError, match=reason):
        parse_topics(pattern).resolve(CLUSTER)


@pytest.mark.parametrize("wanted", ["", "~", [], [""], "~(", 5 * ["~["], [7], [b"x"], [re.compile(b"x")]])
def test_what_selects_nothing_or_cannot_be_read_is_an_error(wanted):
    with pytest.raises(ConfigurationError):
        parse_topics(wanted)


def test_what_is_no_topic_is_refused_with_the_way_to_search_for_records():
    class Answer:
        positions = where = str

    with pytest.raises(ConfigurationError, match=r"not Answer\. To look for its records.*where=answer\.where\(\)"):
        parse_topics(Answer())
    with pytest.raises(ConfigurationError, match="not int: 5"):
        parse_topics(5)
