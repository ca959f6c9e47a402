"""What a public page allows, in one table.

Text and file sizes come from `core`, where they hold for the command line too; the rest is the page's own.
"""

from __future__ import annotations

from core.documents import MAX_BYTES

FILE_BYTES = MAX_BYTES  # an uploaded file; larger ones are refused while they are sent
FILE_LIFE = (600, 1800)  # seconds: how often leftovers of uploads are looked for, and how old they may get
QUEUE = 64  # events that wait at once, all visitors together; more are told that the page is full
WRITERS = 12  # titles written at once; the model takes what arrives together as one batch
LOADING_SECONDS = 600.0  # a visitor waits this long for a model that is still loading
WRITING_SECONDS = 120.0  # and this long for titles
SHOWN_CHARACTERS = 20_000  # of an article shown with its marks; more makes phones slow
POLL_SECONDS = 1.0  # between two looks at a model that is loading
