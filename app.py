"""The door: flags, build, launch.  `python app.py --help` says what the flags are; a Space runs this file as it is."""

from __future__ import annotations

import argparse
import os
import sys

from core.errors import VisitorError, language
from core.tasks import TASKS


def arguments() -> argparse.Namespace:
    """The flags.  Those not given leave the say to environment variables, Gradio's (GRADIO_SERVER_NAME, …) and ours."""
    parser = argparse.ArgumentParser(prog="app.py", description="玩转 Wanzhuan: small Chinese language models.")
    port, log = os.environ.get("GRADIO_SERVER_PORT") or "7860", os.environ.get("WANZHUAN_LOG") or "text"
    parser.add_argument("--host", help="address to listen at (127.0.0.1; 0.0.0.0 lets others in)")
    parser.add_argument("--port", type=int, default=port, help=f"port to listen at ({port})")
    parser.add_argument("--share", action="store_true", help="a public link through Gradio's tunnel, for a week")
    for task in TASKS:
        parser.add_argument(f"--{task}", metavar="WEIGHTS", help=f"{task} weights: a folder or owner/name[@revision]")
    parser.add_argument("--root-path", metavar="PATH", help="the path a proxy serves the page under")
    parser.add_argument("--mcp", action="store_true", help="serve the functions as MCP tools too")
    parser.add_argument("--auth", metavar="NAME:PASSWORD|FILE", nargs="+", help="let in only who knows one of these")
    parser.add_argument("--log", metavar="text|json", default=log, help=f"lines for people or for machines ({log})")
    figures = os.environ.get("WANZHUAN_METRICS", "0") not in ("", "0")
    parser.add_argument("--metrics", action="store_true", default=figures, help="figures for Prometheus at /metrics")
    return parser.parse_args()


def serve(flags: argparse.Namespace) -> None:
    """Put the page up, then load the models behind it.

    Raises:
        VisitorError: a flag is not right.
    """
    from demo import heaps

    heaps.share()  # before anything is imported that starts threads
    from demo.auth import pairs

    auth = pairs(flags.auth, flags.mcp)  # a wrong one is told before anything slow is imported
    from core.service import Service
    from demo import blocks, serving

    serving.begin(flags.log)
    service = Service({task: getattr(flags, task) for task in TASKS})
    page = blocks.build(service, metrics=flags.metrics)
    options = blocks.launch_options() | {"root_path": flags.root_path, "auth": auth, "quiet": flags.log == "json"}
    serving.launch(page, flags.host, flags.port, share=flags.share or None, mcp_server=flags.mcp or None, **options)
    service.start_loading()
    serving.until_told(page)


if __name__ == "__main__":
    try:
        serve(arguments())
    except VisitorError as problem:
        sys.exit(print(problem.sentence(language()), file=sys.stderr) or 2)
