"""Settings: addresses, cluster profiles and secrets, validated where they come in.

Nothing is read at import. `resolve` turns what a user wrote into a `Profile`; `load_settings` reads `workbench.toml`.
"""

from workbench.config.address import Address
from workbench.config.folders import cache_folder
from workbench.config.profile import Profile
from workbench.config.resolve import resolve
from workbench.config.settings import ClusterEntry, Settings, find_file, load_settings

__all__ = ["Address", "ClusterEntry", "Profile", "Settings", "cache_folder", "find_file", "load_settings", "resolve"]
