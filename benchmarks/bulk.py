"""Whole collections: `core bulk` beside the app's endpoint called row by row and transformers' pipeline; one process
beside two.

    python -m benchmarks.bulk [--task titling|triples] [--data FILE] [--rows 64] [--rounds 3] [--short] [--json FILE]

"bulk" is a whole run into an empty folder, files read and parts written, by a model that is loaded.  The endpoint is
that of `app.py`, in a process of its own, asked by gradio_client for one row after the other.  The pipeline has its own
batching (`batch_size`).  transformers cannot express either model.  For titles its row is a causal `BertLMHeadModel`
with an encoder of equal size, under "text-generation": it reads at most as many pieces, 192, writes 24, and is to be
held to the row of bulk that writes 24, whose beam of 3 it shares (it has no pointer, and does not look for the best
sentences).  For triples it is token
classification by an encoder of equal size, which finds mentions in one pass and no pairs.

Two processes are two runs on halves of the rows, one thread each, beside one run on all of them with one thread; both
begin when their models are loaded.  Rounds alternate; figures are medians, and ratios are to be trusted before rates.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import frame
from core import bert
from core.bulk.answering import Job
from core.bulk.columns import of_rows
from core.bulk.inputs import find
from core.bulk.output import Output
from core.bulk.readers import Columns
from core.bulk.run import Local, Weights, run
from core.tables import BadRow, rows
from core.weights import store

DISHES = Path(__file__).resolve().parent.parent / "docs" / "triples" / "dishes.jsonl"
READ, WRITTEN, BEAMS, BATCH = 192, 24, 3, 16
FORCED = {"min_length": WRITTEN, "max_length": WRITTEN}  # no title may end earlier: the pipeline's do not either
ENDPOINTS = {"titling": "/title", "triples": "/triples"}
_A_MINUTE = 50  # questions of one visitor: the app takes 60


def job(task: str, **settings: int) -> Job:
    return Job(task, Columns((("text", "--text"),)), settings=settings)


def whole_run(engine: Local, task: str, data: Path) -> None:
    """Files in, files out."""
    import pyarrow as pa

    schema = pa.schema([*of_rows(), *job(task).room.schema()])
    with tempfile.TemporaryDirectory() as folder, Output(Path(folder) / "out", {}, schema) as output:
        run(engine, find([str(data)]), output)


# ---- the endpoint -----------------------------------------------------------------------------------------------
@contextlib.contextmanager
def served() -> Iterator[str]:
    """The address of an app on a free loopback port, ended afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "app.py", "--host", "127.0.0.1", "--port", str(port)]
    app = subprocess.Popen(command, cwd=frame.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/"
        _wait(url, app)
        yield url
    finally:
        app.terminate()
        app.wait()


def _wait(url: str, app: subprocess.Popen) -> None:
    """Until every model answers."""
    import httpx

    while True:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}readyz", timeout=5).status_code == 200:
                return
        if app.poll() is not None:
            raise RuntimeError("the app ended")
        time.sleep(0.5)


class Visitors:
    """Asks the endpoint for one text after the other, as so many visitors that the limits of each are kept."""

    def __init__(self, url: str, task: str) -> None:
        self._url, self._task, self._asked, self._client = url, task, 0, None

    def __call__(self, texts: Sequence[str]) -> None:
        from gradio_client import Client

        for text in texts:
            if self._asked % _A_MINUTE == 0:
                visitor = f"198.51.100.{self._asked // _A_MINUTE % 250 + 1}"
                self._client = Client(
                    self._url, headers={"X-Forwarded-For": visitor}, verbose=False, httpx_kwargs={"timeout": 600}
                )
            self._asked += 1
            self._client.predict(text, api_name=ENDPOINTS[self._task])


# ---- transformers -----------------------------------------------------------------------------------------------
def pipeline(task: str, folder: Path) -> Callable[[Sequence[str]], Any]:
    """The nearest that transformers has, with its own batching."""
    import torch
    from transformers import BertConfig, BertForTokenClassification, BertLMHeadModel, BertTokenizerFast
    from transformers import pipeline as made
    from transformers.utils import logging

    logging.set_verbosity_error()
    config = bert.read_config(folder)
    tokenizer = BertTokenizerFast(str(folder / bert.VOCAB))
    if task == "triples":
        labels = 2 * 49 + 1
        model = BertForTokenClassification.from_pretrained(
            folder, config=BertConfig(**{**config, "num_labels": labels}), dtype=torch.float32
        )
        asked = made("token-classification", model=model.eval(), tokenizer=tokenizer, batch_size=BATCH)
        return lambda texts: list(asked(sorted(texts, key=len)))
    model = BertLMHeadModel.from_pretrained(
        folder, config=BertConfig(**{**config, "is_decoder": True, "pad_token_id": 0}), dtype=torch.float32
    )
    tokenizer.padding_side = "left"
    asked = made("text-generation", model=model.eval(), tokenizer=tokenizer, batch_size=BATCH)
    options = {
        "num_beams": BEAMS, "do_sample": False, "min_new_tokens": WRITTEN, "max_new_tokens": WRITTEN,
        "no_repeat_ngram_size": 3, "pad_token_id": 0, "return_full_text": False,
    }  # fmt: skip

    def cut(text: str) -> str:
        ids = tokenizer(text, truncation=True, max_length=READ, add_special_tokens=False)["input_ids"]
        return tokenizer.decode(ids)

    return lambda texts: list(asked([cut(text) for text in sorted(texts, key=len)], **options))


# ---- processes --------------------------------------------------------------------------------------------------
def _process(task: str, data: Path, weights: Weights, ready: Any, begin: Any, rounds: int, told: Any) -> None:
    engine = Local(job(task), weights)
    whole_run(engine, task, data)  # loads and traces
    for _ in range(rounds):
        ready.wait()
        begin.wait()
        began = time.perf_counter()
        whole_run(engine, task, data)
        told.put(time.perf_counter() - began)


def processes(task: str, parts: Sequence[Path], weights: Weights, rounds: int) -> float:
    """Median seconds until the last of the parts is done, a process a part, one thread each."""
    context = multiprocessing.get_context("spawn")
    ready, begin = context.Barrier(len(parts)), context.Barrier(len(parts))
    told = [context.Queue() for _ in parts]
    number = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
    before = {name: os.environ.get(name) for name in number}
    os.environ.update(number)
    children = [
        context.Process(target=_process, args=(task, data, weights, ready, begin, rounds, queue))
        for data, queue in zip(parts, told, strict=True)
    ]
    for child in children:
        child.start()
    found = [max(queue.get() for queue in told) for _ in range(rounds)]
    for child in children:
        child.join()
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    return statistics.median(found)


def _written(texts: Sequence[str], file: Path) -> Path:
    lines = (json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    file.write_text("".join(lines), encoding="utf-8")
    return file


def main() -> None:
    parser = frame.parser(__doc__, rounds=3)
    parser.add_argument("--task", choices=ENDPOINTS, default="titling")
    parser.add_argument("--weights", help="a folder or owner/name; default: the embedded")
    parser.add_argument("--data", type=Path, default=DISHES, help="jsonl with the field text; default: the example's")
    parser.add_argument("--rows", type=int, default=64)
    args = frame.parsed(parser)
    rounds, count = (1, 16) if args.short else (args.rounds, args.rows)
    found = store.find(args.task, args.weights)
    weights = Weights(found.folder, found.name)
    texts = [row["text"] for row in rows(args.data, ("text",)) if not isinstance(row, BadRow)]
    texts = (texts * math.ceil(count / len(texts)))[:count]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        data = _written(texts, folder / "all.jsonl")
        engine = Local(job(args.task), weights)
        contestants = {"bulk": functools.partial(whole_run, engine, args.task, data)}
        if args.task == "titling":
            forced = Local(job(args.task, **FORCED), weights)
            contestants[f"bulk, {WRITTEN} pieces each"] = functools.partial(whole_run, forced, args.task, data)
        if not args.weights:
            visitors = Visitors(stack.enter_context(served()), args.task)
            contestants["the endpoint, row by row"] = functools.partial(visitors, texts)
        if frame.installed("torch", "transformers"):
            pieces = f", {WRITTEN} pieces each" if args.task == "titling" else ", mentions only"
            name = f"transformers' pipeline (torch), batches of {BATCH}{pieces}"
            contestants[name] = functools.partial(pipeline(args.task, found.folder), texts)
        medians = frame.measured(contestants, rounds)
        halves = [_written(texts[i::2], folder / f"{i}.jsonl") for i in range(2)]
        seconds = {1: processes(args.task, [data], weights, rounds), 2: processes(args.task, halves, weights, rounds)}
    ours = medians["bulk"][0]
    peers = frame.Table(
        (frame.Column("rows by"), frame.Column("rows/s", ".2f"), frame.Column("times bulk's time", ".2f")),
        tuple((name, count / clock, clock / ours) for name, (clock, _) in medians.items()),
    )
    scaling = frame.Table(
        (frame.Column("processes of one thread"), frame.Column("rows/s", ".2f"), frame.Column("times one", ".2f")),
        tuple((str(n), count / clock, seconds[1] / clock) for n, clock in seconds.items()),
    )
    said = f"{found.name}, {count} rows of {args.data.name}, median of {rounds}"
    packages = ("tensorflow", "gradio", "pyarrow", "torch", "transformers")
    frame.told(frame.result("bulk", said, [peers, scaling], packages), args.json)


if __name__ == "__main__":
    main()
