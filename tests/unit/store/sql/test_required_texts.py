from __future__ import annotations

import duckdb
import pytest

from workbench.store.sql.condition import parse_condition


@pytest.mark.parametrize(
    ("condition", "texts"),
    [
        ("payload->>'a' = 'failed'", ("failed",)),
        ("'failed' = (payload->>'$.a.b') and payload->>'c' = 'order-7' and n > 1", ("failed", "order-7")),
        ("json_extract_string(payload, '$.a') = 'x-1'", ("x-1",)),
        ("payload->>'a' = 'failed' or payload->>'b' = 'lost'", ()),
        ("not payload->>'a' = 'failed'", ()),
        ("payload->>'a' <> 'failed'", ()),
        ("payload->'a' = 'failed'", ()),
        ("lower(payload->>'a') = 'failed'", ()),
        ("value->>'a' = 'failed'", ()),
        ("payload->>'a' = '1234'", ()),
        ("payload->>'a' = 'true'", ()),
        ("payload->>'a' = 'NaN'", ()),
        ("payload->>'a' = '{x}'", ()),
        ("payload->>'a' = 'x y z'", ()),
        ("payload->>'a' = 'Zürich'", ()),
        ("payload->>'a' = key", ()),
    ],
)
def test_texts_without_which_a_condition_is_not_true(condition, texts):
    with duckdb.connect() as connection:
        assert parse_condition(connection, condition, ["payload", "value", "key", "n"]).required == texts
