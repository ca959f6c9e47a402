"""The Dockerfile, which nothing here can build: linted, and held to the files that there are."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LINES = re.sub(r"\\\n\s*", "", TEXT).splitlines()  # those that go on, as one


def test_hadolint_finds_nothing():
    program = Path(sys.executable).with_name("hadolint")
    found = str(program) if program.exists() else shutil.which("hadolint")
    if not found:
        pytest.skip("hadolint is not installed")
    command = [found, "--failure-threshold", "style", str(ROOT / "Dockerfile")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_base_is_pinned_and_the_user_is_not_root():
    bases = [line.split()[1] for line in LINES if line.startswith("FROM ")]
    names = {line.split()[3] for line in LINES if line.startswith("FROM ")}
    outside = [base for base in bases if base not in names]
    assert outside and all(re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", base) for base in outside)
    assert {"cpu", "gpu"} < names and bases[-1] == "page" and LINES[-2].endswith("AS cpu"), "CPUs are the usual target"
    assert [line for line in LINES if line.startswith("USER ")] == ["USER 10001"]
    assert not re.search(r"(?i)token|secret|passw", TEXT)


def test_what_is_copied_is_there_and_let_through():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    through = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored
    copied = set()
    for line in LINES:
        if line.startswith("COPY ") and "--from" not in line:
            copied |= set(line.split()[1:-1])
    assert copied == through and all((ROOT / name).exists() for name in copied)


def test_the_gpu_gets_the_other_tensorflow():
    script = re.search(r"sed '(s/.*?/)'", TEXT)[1]
    wanted = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    old, new = script.split("/")[1:3]
    assert re.search(old, wanted, re.MULTILINE) and "tensorflow[and-cuda]==" in re.sub(old, new, wanted, flags=re.M)


def test_the_health_check_asks_as_the_page_answers():
    """Its program, at a port where nobody is: it fails by that alone."""
    line = next(line for line in LINES if line.startswith("HEALTHCHECK"))
    command = json.loads(line[line.index("[") :])
    environment = {**os.environ, "GRADIO_SERVER_PORT": "1"}
    done = subprocess.run([sys.executable, *command[1:]], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "refused" in done.stderr
