"""What is installed is pinned, and the Makefile's run over every Python tells of each."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
UNPINNED = {
    "scipy": "no one version has wheels for every Python",
    "pyarrow": "no one version has wheels for every Python",
    "fsspec": "the version that gradio and huggingface-hub agree on",
    "setuptools": "any version brings distutils back",
    "tomli": "for 3.10 alone; its interface is that of the standard library",
}


@pytest.mark.parametrize("name", ["pre-requirements.txt", "requirements.txt"])
def test_every_requirement_is_pinned_or_has_a_reason(name):
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    wanted = [line.split(";")[0].strip() for line in lines if line]
    pinned = re.compile(r"[A-Za-z0-9][\w.-]*(\[[\w,-]+\])?==[\w.]+")
    assert wanted and [line for line in wanted if not pinned.fullmatch(line) and line not in UNPINNED] == []


def test_no_reason_outlives_its_requirement():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert all(re.search(rf"^{name}\b(?!==)", text, re.MULTILINE) for name in UNPINNED)


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
@pytest.mark.parametrize(
    ("there", "fails", "wanted", "code"),
    [
        ({"3.11": 0, "3.13": 0}, (), "3.10: missing, 3.11: passed, 3.12: missing, 3.13: passed", 0),
        ({"3.11": 0, "3.13": 0}, ("3.11",), "3.10: missing, 3.11: FAILED, 3.12: missing, 3.13: passed", 2),
        ({"3.10": 1, "3.12": 0}, (), "3.10: missing, 3.11: missing, 3.12: passed, 3.13: missing", 0),
        ({}, (), "3.10: missing, 3.11: missing, 3.12: missing, 3.13: missing", 2),
    ],
    ids=["all pass", "the first fails", "one that does not run", "none"],
)
def test_the_run_over_every_python_goes_on_and_tells(tmp_path, there, fails, wanted, code):
    """With Pythons, and a make for each, that do nothing."""
    for name in ("make", "sh"):
        (tmp_path / name).symlink_to(shutil.which(name))
    inner = "".join(f'case "$*" in *VENV=.venv-{version}*) exit 1;; esac\n' for version in fails)
    programs = {"inner": inner, **{f"python{version}": f"exit {status}\n" for version, status in there.items()}}
    for name, body in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}")
        (tmp_path / name).chmod(0o755)
    command = [tmp_path / "make", "-C", ROOT, "--no-print-directory", "test-pythons", "UV=", f"MAKE={tmp_path}/inner"]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60)
    told = [line.removeprefix("== Python ") for line in done.stdout.splitlines()[-4:]]
    assert ", ".join(told) == wanted
    assert done.returncode == code, done.stderr
