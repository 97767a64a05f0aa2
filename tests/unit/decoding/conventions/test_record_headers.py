from __future__ import annotations

import pytest

from workbench.decoding.conventions.record_headers import RecordHeaders


def test_occurrences_and_the_one_that_is_used():
    headers = RecordHeaders(((b"Id", b"1"), (b"id", b"2"), (b"ID", b"3"), (b"\xff", b"x"), (b"gone", None)))
    assert headers.occurrences("id", ignore_case=True) == [b"1", b"2", b"3"]
    assert (headers.value("id"), headers.value("id", ignore_case=True)) == (b"2", b"3")
    assert headers.value("id", "first", ignore_case=True) == b"1"
    assert headers.value("gone") is headers.value("missing") is None
    assert headers.bad_names


@pytest.mark.parametrize(
    ("kind", "content", "value"),
    [
        ("java.lang.String", b'"quoted"', "quoted"),
        ("java.lang.String", b"plain", b"plain"),
        ("java.lang.Integer", b"3", "3"),
        ("java.util.UUID", b'"x"', "x"),
        ("java.lang.String", b'""', None),
        ("java.lang.Long", b"null", None),
        ("java.util.Map", b'{"a": 1}', b'{"a": 1}'),
        ("java.lang.Long", b"no json", b"no json"),
    ],
)
def test_a_header_is_read_as_spring_says_that_it_is_written(kind, content, value):
    types = b'{"X-Id": "%s"}' % kind.encode()
    headers = RecordHeaders(((b"spring_json_header_types", types), (b"X-Id", content), (b"x-other", b'"kept"')))
    assert headers.value("x-id", ignore_case=True) == value
    assert headers.value("x-other") == b'"kept"'


@pytest.mark.parametrize("types", [b"", b"[]", b"{", b"null"])
def test_a_list_of_types_that_cannot_be_read_is_absent(types):
    assert RecordHeaders(((b"spring_json_header_types", types), (b"a", b'"x"'))).value("a") == b'"x"'


def test_what_was_read_from_amqp_is_named():
    headers = RecordHeaders(((b"a", b"\xa1\x01x"), (b"b", b"\xa1x"), (b"c", b"\xa1\x00")))
    assert (headers.value("a"), headers.value("b"), headers.value("c")) == ("x", b"\xa1x", None)
    assert headers.amqp_names == {"a", "c"}
