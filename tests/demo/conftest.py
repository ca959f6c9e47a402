import io
import logging
import threading

import pytest

from demo import logs


@pytest.fixture
def log():
    """The log as JSON, written to memory as well."""
    root, written = logging.getLogger(), io.StringIO()
    before, levels = list(root.handlers), {name: logging.getLogger(name).level for name in ("core", "demo", "__main__")}
    excepthook = threading.excepthook
    logs.start("json")
    logs.adopt()
    (ours,) = [one for one in root.handlers if isinstance(one.formatter, logs.Lines)]
    ours.setStream(written)
    yield written
    root.handlers, threading.excepthook = before, excepthook
    logging.captureWarnings(False)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def told(monkeypatch):
    """The keys of the sentences that visitors were told."""
    keys = []
    monkeypatch.setattr("demo.common.sentence", lambda error, request: keys.append(error.key) or "")
    monkeypatch.setattr("demo.common.phrase", lambda key, language, **values: keys.append(key) or "")
    monkeypatch.setattr("demo.common.warn", lambda *_: None)
    return keys
