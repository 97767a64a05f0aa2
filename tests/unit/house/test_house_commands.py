"""README and command line agree."""

from __future__ import annotations

import re

import pytest
from typer.main import get_command

from workbench.cli import application

GROUP = get_command(application())


@pytest.mark.parametrize("name", sorted(GROUP.commands))
def test_every_command_is_in_the_readme(request, name):
    readme = (request.config.rootpath / "README.md").read_text()
    assert f"`workbench {name}" in readme


def test_the_readme_names_no_command_that_is_not_there(request):
    readme = (request.config.rootpath / "README.md").read_text()
    assert set(re.findall(r"`workbench ([a-z]+)", readme)) <= set(GROUP.commands)


@pytest.mark.parametrize("name", sorted(GROUP.commands))
def test_every_command_explains_itself(name):
    command = GROUP.commands[name]
    assert command.help
    for parameter in command.params:
        if parameter.name != "help":
            assert getattr(parameter, "help", "x"), f"{name} {parameter.name} has no help"
