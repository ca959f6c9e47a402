"""Every sentence of `core`'s errors and notices, English and Chinese side by side: a module a subject.

A key stands in one module only, whatever the subject: the tests see to it.
"""

from core.messages import (
    bulk,
    chat,
    chat_topics,
    curves,
    files,
    general,
    matrix,
    optimizers,
    page,
    publish,
    reading,
    triples,
    weights,
)

SUBJECTS = (
    general,
    chat,
    chat_topics,
    weights,
    files,
    curves,
    triples,
    matrix,
    optimizers,
    reading,
    bulk,
    publish,
    page,
)
SENTENCES: dict[str, tuple[str, str]] = {key: pair for subject in SUBJECTS for key, pair in subject.SENTENCES.items()}
