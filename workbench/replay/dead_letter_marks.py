"""Marks of dead letters: names of their headers, and columns of a draft about the records restored from them."""

from __future__ import annotations

import re

_FAMILY = re.compile(
    rb"kafka_dlt-|kafka_exception-|retry_topic-|x-original-|x-exception-|__connect\.errors\.|__streams\.errors\."
    rb"|(?:topic|reason|handler|subscriber)_poisoned\Z|MT-(?:Fault-|Host-|Reason\Z)"
    rb"|NServiceBus\.(?:FailedQ\Z|TimeOfFailure\Z|ExceptionInfo\.)"
    rb"|dead-letter-|x-source-(?:partition|cluster)\Z|k2k_(?:topic|partition|offset)\Z"
    rb"|x-error|dlq_|(?:original_topic|failure_reason|error_message|error_type)\Z"
)
"""Names of the headers that writers of dead letters add; matched from the beginning."""
RESTORED = "restored"
"""Column of a draft that marks records which were restored from dead letters."""
HOME_PARTITION = "home_partition"
"""Column of a draft with the partition that the failed record came from; null where the letter does not tell it."""


def is_dead_letter_header(name: bytes) -> bool:
    """Tell whether writers of dead letters add a header of this name."""
    return _FAMILY.match(name) is not None
