"""The errors a visitor, or who sets the app up, can cause: one sentence each, in English and Chinese.

A `VisitorError` is the only exception that the page shows and that the command line turns into exit code 2.  It
carries a key and its values rather than a finished sentence, so that each visitor reads it in their own language.
"""

from __future__ import annotations

import os

from core.messages import told


class VisitorError(Exception):
    """Something the person can mend, with a sentence that says how.

    Args:
        key: a key of `core.messages.SENTENCES`.
        **values: what the sentence's places are filled with.
    """

    def __init__(self, key: str, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(self.sentence("en"))

    def sentence(self, language: str = "en") -> str:
        """The sentence in `language` (anything starting with "zh" is Chinese, all else English)."""
        return told(self.key, self.values, language.lower().startswith("zh"))

    def __reduce__(self):
        return _rebuild, (type(self), self.key, self.values)


def language() -> str:
    """The language of who started the program, by the environment (`zh_CN.UTF-8` and the like); "en" if unsaid."""
    return next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "en")


def _rebuild(kind: type[VisitorError], key: str, values: dict) -> VisitorError:
    return kind(key, **values)


class SetupError(VisitorError):
    """The installation is not what the app needs; the sentence names the command that mends it."""


class WeightsError(VisitorError):
    """A weights folder or repository cannot be used."""


class LateError(VisitorError):
    """An answer took longer than its caller waits."""
