"""Errors that all record logs raise in the same words."""

from __future__ import annotations

import pytest

from workbench.bus import refusals
from workbench.errors import GroupActiveError, OffsetOutOfRangeError, TopicExistsError, UnknownTopicError
from workbench.model import NewRecord, TopicPartition

PLACE = TopicPartition("orders", 3)


def test_a_record_that_was_not_written_names_its_place_and_kafkas_code():
    record = NewRecord("orders", b"k", b"v", (), 3)
    error = refusals.not_written(record, "MESSAGE_TOO_LARGE", "it is too large", retriable=True)
    assert (error.topic, error.partition, error.cause_code, error.retriable) == ("orders", 3, "MESSAGE_TOO_LARGE", True)
    assert error.message == "A record for orders/3 was not written: it is too large."
    for missing in (refusals.no_such_topic(record), refusals.no_such_partition(record, 3, 2)):
        assert (missing.cause_code, missing.retriable) == ("UNKNOWN_TOPIC_OR_PARTITION", False)


def test_an_unknown_topic_suggests_close_names():
    error = refusals.unknown_topic("ordrs", ["orders", "users"], "memory://m")
    assert isinstance(error, UnknownTopicError)
    assert (error.topic, list(error.similar)) == ("ordrs", ["orders"])
    assert "Did you mean orders?" in error.message
    assert "Did you mean" not in refusals.unknown_topic("x", [], "memory://m").message


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refusals.unknown_partition(PLACE, 2), UnknownTopicError),
        (refusals.topic_exists("orders"), TopicExistsError),
        (refusals.group_active("g", ["m"]), GroupActiveError),
        (refusals.cannot_delete_before(PLACE, 9, 1, 5), OffsetOutOfRangeError),
        (refusals.cannot_follow(PLACE, 9, 1, 5), OffsetOutOfRangeError),
    ],
)
def test_kinds(error, kind):
    assert isinstance(error, kind)


def test_offsets_out_of_range_say_what_the_log_holds():
    for error in (refusals.cannot_delete_before(PLACE, 9, 1, 5), refusals.cannot_follow(PLACE, 9, 1, 5)):
        assert (error.topic, error.partition, error.offset, error.low, error.high) == ("orders", 3, 9, 1, 5)
        assert "1 to 5" in error.message


@pytest.mark.parametrize(("state", "advice"), [("none", "egin one first"), ("failed", "bort it")])
def test_transactions_out_of_order_say_what_to_do(state, advice):
    assert advice in refusals.no_open_transaction("tx", state).message
    assert advice in refusals.outside_transaction("tx", state).message
