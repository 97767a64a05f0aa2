"""The files that describe the project agree with each other."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement

from workbench import __version__
from workbench.bus.kafka.local import jars
from workbench.bus.kafka.local.java import MINIMUM


@pytest.fixture(scope="module")
def root(request):
    return request.config.rootpath


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())


def requirements(project):
    lists = [
        project["build-system"]["requires"],
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
    ]
    return [Requirement(text) for texts in lists for text in texts]


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_conda_environment_is_in_step(root, project):
    environment = yaml.safe_load((root / "environment.yml").read_text())
    conda = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert set(environment) == {"name", "channels", "dependencies"}
    assert environment["channels"] == ["conda-forge"]
    assert all(re.fullmatch(r"[a-z0-9-]+(>=[0-9.]+)?", entry) for entry in conda)
    assert "pip" in conda, "without it conda warns and takes any"
    assert f"python{project['project']['requires-python']}" in conda
    assert f"openjdk>={MINIMUM}" in conda
    assert {"c-compiler", "maven"} <= set(conda)
    editable = next(entry for entry in pip if entry.startswith("-e"))
    extras = set(re.search(r"\[(.*)\]", editable)[1].split(","))
    assert extras == set(project["project"]["optional-dependencies"])
    assert pip == ["-c constraints.txt", editable]
    assert editable.startswith("-e .[")


def test_make_installs_every_extra(root, project):
    extras = re.search(r"^EXTRAS := (.*)$", (root / "Makefile").read_text(), re.MULTILINE)[1]
    assert set(extras.split(",")) == set(project["project"]["optional-dependencies"])


def test_constraints_pin_every_requirement_within_its_range(root, project):
    pins = {}
    for line in (root / "constraints.txt").read_text().splitlines():
        pinned = Requirement(line)
        assert re.fullmatch(r"==[^*,]+", str(pinned.specifier)), line
        assert pinned.url is None
        pins.setdefault(canonical(pinned.name), []).append(str(pinned.specifier).removeprefix("=="))
    for requirement in requirements(project):
        versions = pins.get(canonical(requirement.name))
        assert versions, f"constraints.txt has no {requirement.name}: make constraints"
        assert all(requirement.specifier.contains(version, prereleases=True) for version in versions), requirement


def test_constraints_name_no_host(root):
    assert not re.search(r"://|--hash|--index|@", (root / "constraints.txt").read_text())


def test_the_version_is_that_of_the_changelog(root):
    headings = re.findall(r"^## \[([^\]]+)\]", (root / "CHANGELOG.md").read_text(), re.MULTILINE)
    newest = next(heading for heading in headings if heading != "Unreleased")
    assert newest == __version__
    assert metadata.version("eventbus-workbench") == __version__


def test_the_licence_is_whole(root, project):
    text = (root / "LICENSE").read_text()
    assert project["project"]["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_pinned_pom_and_the_digests_are_of_one_version(root):
    pom = (root / "workbench/bus/kafka/local/pom.xml").read_text()
    pinned = jars.pinned()
    assert f"<version>{jars.VERSION}</version>" in pom
    assert {f"kafka_2.13-{jars.VERSION}.jar", f"kafka-tools-{jars.VERSION}.jar"} <= set(pinned)
    assert any(name.startswith("slf4j-simple-") for name in pinned)
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in pinned.values())


def test_make_explains_its_targets(root):
    makefile = (root / "Makefile").read_text()
    said = subprocess.run(["make", "-s", "-C", root], capture_output=True, text=True, check=True).stdout
    for target in ("lab", "demo", "test", "fast", "check", "fmt", "install"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
        assert f"make {target}" in said


def test_ci_requires_everything_and_calls_make_test(root):
    text = (root / ".ci/run").read_text()
    for needed in ("CI=true", "WORKBENCH_REQUIRE_BROKER=1", "WORKBENCH_REQUIRE_BROWSER=1", "make test"):
        assert needed in text


def test_nothing_calls_sudo(root):
    for name in ("Makefile", ".ci/run", ".ci/system", ".ci/pre-commit"):
        lines = [line.split("#")[0] for line in (root / name).read_text().splitlines()]
        assert not any("sudo" in line for line in lines), name


def test_hooks_are_local_and_reach_what_make_reaches(root):
    config = yaml.safe_load((root / ".pre-commit-config.yaml").read_text())
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    assert all(hook["language"] == "system" for repo in config["repos"] for hook in repo["hooks"])


def test_the_system_script_names_one_line_to_copy(root, tmp_path):
    for name in ("bash", "python3"):
        (tmp_path / name).symlink_to(sys.executable if name == "python3" else "/bin/bash")
    identity = tmp_path / "id"
    identity.write_text("#!/bin/bash\necho 1000\n")
    identity.chmod(0o755)
    script = str(root / ".ci/system")
    run = subprocess.run(["/bin/bash", script], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    line = "apt-get install -y --no-install-recommends gcc libc6-dev chromium nodejs default-jre-headless maven kcat"
    assert run.stdout.strip().endswith(line)


def kept_files(root, option="-c"):
    command = ["git", "-C", root, "ls-files", "-z", option, "--exclude-standard"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")[:-1]


def test_nothing_generated_is_kept(root):
    assert not kept_files(root, "-ci"), "git keeps what .gitignore names"
    sizes = {name: (root / name).stat().st_size for name in kept_files(root) if (root / name).is_file()}
    assert {name for name, size in sizes.items() if size > 256 << 10} == set(), "nobody wrote or reads so much"
