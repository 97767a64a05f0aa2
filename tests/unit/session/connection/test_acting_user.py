from __future__ import annotations

import getpass

from workbench.config import Address, Profile
from workbench.session.connection.acting_user import acting_user


def test_the_user_of_the_cluster_is_named_before_that_of_the_machine(monkeypatch):
    address = Address.parse("kafka://localhost:9092")
    assert acting_user(Profile(address=address, sasl_username="alice")) == "alice"
    assert acting_user(Profile(address=address)) == getpass.getuser()

    def fail():
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", fail)
    assert acting_user(Profile(address=address)) == ""
