from __future__ import annotations

import pytest

from workbench.decoding.conventions.dead_letter_headers import spelled_names


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["x-original-topic", "x-error"], {"topic": "x-original-topic", "message": "x-error"}),
        (["originalTopic", "errorMessage"], {"topic": "originalTopic", "message": "errorMessage"}),
        (["X_Original_Topic", "Retry-Count"], {"topic": "X_Original_Topic", "attempts": "Retry-Count"}),
        (["dlq.original.topic", "dlq.error.class"], {"topic": "dlq.original.topic", "type": "dlq.error.class"}),
        (["origin-topic", "origin-offset"], {"topic": "origin-topic", "offset": "origin-offset"}),
        (["error_message", "retry_count"], {}),
        (["topic", "offset"], {}),
        ([], {}),
    ],
)
def test_headers_are_found_in_their_spellings_once_one_names_the_topic(names, found):
    assert spelled_names(names) == found
