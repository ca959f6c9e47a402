"""How long until there is a page, and until there is a title: ours beside a bare Gradio page and a bare script.

    python -m benchmarks.startup [--rounds 3] [--short] [--json FILE]

Each is a process of its own, in turn, timed from its start.  The bare page has a text box, a button and a function
that gives the text back; it says what importing and launching Gradio costs, below which no page of Gradio's can come.
"first title" is the answer to an article that is sent the moment the page is up: for ours it waits for TensorFlow, the
weights and the first compilation.  The script loads the same encoder into transformers (`BertLMHeadModel`, torch) and
writes one title of 24 pieces with `generate`; it has no page.  "processor" is the time that all threads of the process
took until then, which a busy machine changes least (Linux).
"""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks import frame

ARTICLE = (
    "临江市图书馆新馆十二日正式向市民开放。新馆坐落在旧纺织厂的厂房里，设计团队保留了红砖外墙和锯齿形天窗，"
    "把三条生产线的位置改成了阅览长廊。"
)
BARE = """
import sys, gradio as gr
with gr.Blocks() as page:
    text, button, shown = gr.Textbox(), gr.Button(), gr.Textbox()
    button.click(lambda text: text, text, shown, api_name="title")
page.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True)
"""
SCRIPT = """
import sys, torch
from transformers import BertConfig, BertLMHeadModel, BertTokenizerFast
from transformers.utils import logging
logging.set_verbosity_error()
folder = sys.argv[1]
model = BertLMHeadModel.from_pretrained(folder, config=BertConfig.from_pretrained(folder, is_decoder=True), dtype=torch.float32).eval()
read = BertTokenizerFast(folder + "/vocab.txt")(sys.argv[2], return_tensors="pt")
with torch.inference_mode():
    model.generate(**read, num_beams=3, do_sample=False, min_new_tokens=24, max_new_tokens=24, pad_token_id=0, eos_token_id=3)
print("title", flush=True)
sys.stdin.read()
"""  # noqa: E501
PATIENCE = 300.0


@contextlib.contextmanager
def started(command: list[str], **options) -> Iterator[subprocess.Popen]:
    """A process, ended when it is left."""
    process = subprocess.Popen(command, cwd=frame.ROOT, stderr=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def processor_seconds(pid: int) -> float:
    """Of all threads of a process; 0 where the system does not tell."""
    file = Path(f"/proc/{pid}/stat")
    if not file.exists():
        return 0.0
    parts = file.read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def page(command: list[str], port: int) -> dict[str, tuple[float, float]]:
    """Seconds (clock, processor) until the page is there and until its first answer is."""
    began, found = time.perf_counter(), {}
    with started([*command, str(port)], stdout=subprocess.DEVNULL) as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
            while time.perf_counter() - began < PATIENCE:
                with contextlib.suppress(httpx.HTTPError):
                    if client.get("/").status_code == 200:
                        break
                time.sleep(0.02)
            found["page"] = (time.perf_counter() - began, processor_seconds(process.pid))
            call = "/gradio_api/call/title"
            data = [ARTICLE] if command[1] == "-c" else [ARTICLE, 3, "beam", 0, "unilm"]
            event = client.post(call, json={"data": data}).json()["event_id"]
            answer = client.get(f"{call}/{event}").text
            if "event: complete" not in answer:
                raise SystemExit(f"no title: {answer}")
        found["first"] = (time.perf_counter() - began, processor_seconds(process.pid))
    return found


def script(folder: Path) -> dict[str, tuple[float, float]]:
    """The same for the script: it has only a title."""
    began = time.perf_counter()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with started([sys.executable, "-c", SCRIPT, str(folder), ARTICLE], **pipes) as process:
        if process.stdout.readline().strip() != "title":
            raise SystemExit("the script wrote no title")
        return {"first": (time.perf_counter() - began, processor_seconds(process.pid))}


def main() -> None:
    args = frame.parsed(frame.parser(__doc__, rounds=3))
    rounds = 1 if args.short else args.rounds
    from core.weights import store

    folder = Path(store.find("titling").folder)
    ways = {
        "bare Gradio page": lambda: page([sys.executable, "-c", BARE], free_port()),
        "ours": lambda: page([sys.executable, "app.py", "--host", "127.0.0.1", "--port"], free_port()),
    }
    if frame.installed("torch", "transformers"):
        ways["transformers generate (torch), a script"] = lambda: script(folder)
    found: dict[str, list[dict]] = {name: [] for name in ways}
    for number in range(bool(args.short), rounds + 1):
        for name, run in ways.items():
            one = run()
            if number:  # the first round reads files that later ones find in memory
                found[name].append(one)
    columns = (
        frame.Column("process"),
        frame.Column("page there, s", ".1f"),
        frame.Column("processor", ".1f"),
        frame.Column("first title, s", ".1f"),
        frame.Column("processor", ".1f"),
    )
    rows = []
    for name, some in found.items():
        cells = [name]
        for what in ("page", "first"):
            both = [one[what] for one in some if what in one]
            cells += map(statistics.median, zip(*both, strict=True)) if both else [None, None]
        rows.append(tuple(cells))
    bare, our = rows[0], rows[1]
    notes = [
        f"Ours is there after {our[1] / bare[1]:.2f} times the seconds of the bare page, {our[2] / bare[2]:.2f} times "
        "its processor time. The bare page's first answer is the text itself."
    ]
    said = f"from the start of the process, median of {rounds}."
    packages = ("gradio", "tensorflow", "torch", "transformers")
    frame.told(frame.result("startup", said, [frame.Table(columns, tuple(rows))], packages, notes), args.json)


if __name__ == "__main__":
    main()
