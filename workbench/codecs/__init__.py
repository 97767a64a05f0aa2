"""Bytes to envelope: profiles as data, and the exact per-record codec."""

from workbench.codecs.profile import Profile, TopicProfile, make_profile
from workbench.codecs.record import decode_parts, decode_record
from workbench.codecs.registry import builtin_profiles, load_profiles

__all__ = [
    "Profile",
    "TopicProfile",
    "builtin_profiles",
    "decode_parts",
    "decode_record",
    "load_profiles",
    "make_profile",
]
