"""Names who changes something, for the journal and the audit."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.config import Profile


def acting_user(profile: Profile) -> str:
    """Return the user that the cluster knows, or else the one of this machine; empty where neither has a name."""
    if profile.sasl_username:
        return profile.sasl_username
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # a container without an entry for its user
