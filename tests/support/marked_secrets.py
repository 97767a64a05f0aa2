"""Records with a marked secret in every field, settings that hide it, and the search for it in outputs."""

from __future__ import annotations

import json
import uuid

from workbench.model import NewRecord

HIDDEN = "S3CR3T"
SETTINGS = """
[masking]
salt_env = "MASKING_SALT"

[[masking.rules]]
topics = ["pay*"]
paths = ["payload.card", "**.email", "security_context"]
headers = ["authorization", "x-user-*"]
key = true
action = "hash"
"""


def event(number: int) -> dict[str, object]:
    return {
        "event_id": str(uuid.UUID(int=number + 1)),
        "event_type": "payment.taken",
        "timestamp": "2026-11-23T10:00:00Z",
        "metadata": {"correlation_id": str(uuid.UUID(int=99)), "source": "shop"},
        "security_context": {"user_id": f"{HIDDEN}-user", "token": f"{HIDDEN}-token"},
        "payload": {"card": f"{HIDDEN}-card-{number}", "who": [{"email": f"{HIDDEN}@x"}], "amount": number},
    }


def records() -> list[NewRecord]:
    headers = ((b"authorization", f"Bearer {HIDDEN}".encode()), (b"X-User-Id", HIDDEN.encode()), (b"a", b"1"))
    values = [json.dumps(event(number)).encode() for number in range(4)]
    values += [
        f"plain text {HIDDEN}".encode(),
        f'{{"payload": {{"card": "{HIDDEN}"'.encode(),
        b"\x00\xff" + HIDDEN.encode(),
    ]
    made = [NewRecord("payments", f"{HIDDEN}-key".encode(), value, headers) for value in values]
    return [*made, NewRecord("payments", f"{HIDDEN}-key".encode(), None, headers)]


def clean(*outputs: object) -> None:
    for output in outputs:
        text = output.decode("latin-1") if isinstance(output, bytes) else str(output)
        assert HIDDEN not in text
        assert HIDDEN.encode().hex() not in text
        assert HIDDEN not in text.replace("\x00", "")
