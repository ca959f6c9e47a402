"""Processes of the page, and an nginx before them, each on free ports of this machine."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 240  # seconds until something is given up; a busy machine takes one to import all that a page needs


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(what: Callable[[], object], process: subprocess.Popen | None = None) -> None:
    """Until `what` is true; an HTTP error is as good as false."""
    until = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if what():
                return
        assert process is None or process.poll() is None, "the process has ended"
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)


@contextlib.contextmanager
def replicas(folder: Path, names: Sequence[str], *flags: str) -> Iterator[dict[str, tuple[subprocess.Popen, str]]]:
    """name → (process, address) of pages that answer; their logs are in `folder`, a file each."""
    found: dict[str, tuple[subprocess.Popen, str]] = {}
    with contextlib.ExitStack() as stack:
        for name in names:
            port = free_port()
            command = [sys.executable, "-m", "tests.demo.replica", "--port", str(port), "--name", name, *flags]
            log = stack.enter_context((folder / f"{name}.log").open("w", encoding="utf-8"))
            environment = {**os.environ, "GRADIO_TEMP_DIR": str(folder / name)}
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
            stack.callback(_end, process)
            found[name] = process, f"http://127.0.0.1:{port}"
        for process, address in found.values():
            wait_for(lambda at=address: httpx.get(f"{at}/readyz").status_code == 200, process)
        yield found


@contextlib.contextmanager
def nginx(folder: Path, servers: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """(address, log) of an nginx with our configuration before `servers`; a line of the log is the visitor's key, the
    process and the status.  The log that the configuration itself asks for lies beside it, `wanzhuan.log`."""
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if not program:
        pytest.skip("nginx is not installed")
    port, log = free_port(), folder / "access.log"
    ours = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    ours = re.sub(r"listen 80;", f"listen 127.0.0.1:{port};", ours)
    ours, times = re.subn(
        r"(?: +server 127\.0\.0\.1:\d+;\n)+",
        "".join(f"    server {one.removeprefix('http://')};\n" for one in servers),
        ours,
    )
    assert times == 1
    ours, times = re.subn(
        r"access_log \S+ wanzhuan;", f"access_log {folder}/wanzhuan.log wanzhuan; access_log {log} ours;", ours
    )
    assert times == 1
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        ("user root;\n" if os.geteuid() == 0 else "")
        + f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        + "http {\nlog_format ours '$wanzhuan_visitor $upstream_addr $status $uri';\n"
        + f"{temporary}{ours}}}\n",
        encoding="utf-8",
    )
    command = [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}/play/"
        wait_for(lambda: httpx.get(f"{address}healthz").status_code == 200, process)
        yield address, log
    finally:
        _end(process)


def _end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
