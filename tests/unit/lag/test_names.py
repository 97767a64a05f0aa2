from __future__ import annotations

import pytest

from workbench.lag.names import is_exact, matching


@pytest.mark.parametrize(
    ("pattern", "names", "found"),
    [
        ("billing[eu]", ["billing[eu]", "billinge"], ["billing[eu]"]),
        ("billing[eu]", ["billinge", "billingx"], ["billinge"]),
        ("*", ["*", "a"], ["*"]),
        ("a*", ["ab", "b"], ["ab"]),
        ("", ["", "a"], [""]),
        ("", ["a"], []),
    ],
)
def test_a_name_given_exactly_is_never_a_pattern(pattern, names, found):
    assert matching(pattern, names) == found


def test_what_can_only_mean_one_id():
    assert is_exact("")
    assert is_exact("billing")
    assert not is_exact("billing[eu]")
