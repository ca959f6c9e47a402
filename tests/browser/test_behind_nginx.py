"""The page in a browser, behind nginx and two processes: asked, given a file; and while its process stops."""

import contextlib
import signal
from types import SimpleNamespace

import httpx
import pytest

from tests.demo.replicas import nginx, replicas, wait_for


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The address behind nginx, the processes by name, and the file without which titles wait."""
    folder = tmp_path_factory.mktemp("behind")
    go = folder / "go"
    go.touch()
    with contextlib.ExitStack() as stack:
        pages = stack.enter_context(replicas(folder, ("one", "two"), "--root-path", "/play", "--until", str(go)))
        address, _ = stack.enter_context(nginx(folder, [own for _, own in pages.values()]))
        yield SimpleNamespace(url=address, pages=pages, go=go)


def write(page, text):
    page.fill("#wz-article textarea", text)
    page.click("#wz-write")


def written(page, text):
    """The process that wrote the title of a text, once it stands there."""
    page.wait_for_function("text => document.querySelector('.wz-title .wz-text')?.textContent === text", arg=text)
    page.wait_for_selector(".wz-article")
    return page.inner_text(".wz-figures").partition("titling@")[2].split()[0].strip(",，·")


def test_a_visitor_goes_on_while_their_process_ends(visit, served, tmp_path):
    page = visit(tab="tab_titling")
    write(page, "今天下雪。明天放晴。")
    own = written(page, "※今天下雪。")
    (tmp_path / "a.txt").write_text("文件里的话。" * 20_000, encoding="utf-8")
    page.set_input_files("#wz-under input[type=file]", tmp_path / "a.txt")
    page.wait_for_function("document.querySelector('#wz-article textarea').value.length === 120000")

    process, address = served.pages[own]
    served.go.unlink()
    write(page, "春天来了。花开了。")
    wait_for(lambda: "wanzhuan_queue_running 1.0" in httpx.get(f"{address}/metrics").text, process)
    process.send_signal(signal.SIGTERM)
    wait_for(lambda: httpx.get(f"{address}/readyz").status_code == 503, process)
    served.go.touch()
    assert written(page, "※春天来了。") == own, "what was under way has ended where it began"
    assert process.wait(60) == 0

    write(page, "夏天到了。天热了。")
    assert written(page, "※夏天到了。") != own, "and the same page goes on at the other process"
