"""The page's words in English and Chinese: a module a tab, and one for the page itself.

WORDS are labels: Gradio's translator reads these as ICU messages, so they hold no braces, apostrophes or HTML.
PHRASES are text in our own HTML and in messages: places in braces are filled, and escaped.
A key stands in one module only: the tests see to it.
"""

from demo.words import chat, curves, matrix, optimizers, page, reading, titling, triples

TABS = (page, chat, titling, triples, reading, curves, matrix, optimizers)
WORDS: dict[str, tuple[str, str]] = {key: pair for tab in TABS for key, pair in tab.WORDS.items()}
PHRASES: dict[str, tuple[str, str]] = {key: pair for tab in TABS for key, pair in tab.PHRASES.items()}
