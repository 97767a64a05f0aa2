from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workbench.errors import WindowError
from workbench.session.times import moment, moment_ms

AT = datetime(2026, 1, 1, 10, tzinfo=UTC)


def test_a_time_is_a_datetime_or_a_text():
    assert moment("@2026-01-01T10:00:00Z") == moment(AT) == AT
    assert moment_ms(AT) == round(AT.timestamp() * 1000)


def test_none_stays_none():
    assert moment(None) is None
    assert moment_ms(None) is None


@pytest.mark.parametrize("bound", [1200, "start", "-15m"])
def test_another_bound_is_refused(bound):
    with pytest.raises(WindowError, match="no time"):
        moment(bound)
