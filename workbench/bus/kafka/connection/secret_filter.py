"""Keeps secrets out of the log of the Kafka client, which writes each request as it is."""

from __future__ import annotations

import logging

from aiokafka.protocol.admin import SaslAuthenticateRequest_v0, SaslAuthenticateRequest_v1

_WITH_SECRETS = (SaslAuthenticateRequest_v0, SaslAuthenticateRequest_v1)
"""Requests that hold a password, a token, or a proof made of one; answers hold none."""


class SecretFilter(logging.Filter):
    """Replaces requests that hold secrets by the names of their types; every message passes."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the arguments of a message before any handler sees them."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                f"{type(value).__name__}(…)" if isinstance(value, _WITH_SECRETS) else value for value in record.args
            )
        return True


def hide_secrets() -> None:
    """Filter the logger of the client's connections; a second call changes nothing."""
    # On the logger itself, not on a handler: the application adds handlers of its own, also above it.
    logger = logging.getLogger("aiokafka.conn")
    if not any(isinstance(one, SecretFilter) for one in logger.filters):
        logger.addFilter(SecretFilter())
