"""What a public page allows, in one table.

Text and file sizes come from `core`, where they hold for the command line too; the rest is the page's own.
"""

from __future__ import annotations

from core.chat.session import MOST, MOST_FILES
from core.documents import MAX_BYTES

FILE_BYTES = max(MAX_BYTES, 64_000_000)  # an uploaded file, a matrix of 2,000 x 2,000 complex; larger ones are refused
UPLOAD_BYTES = 8 * FILE_BYTES  # all files of one upload together
BODY_BYTES = 20_000_000  # of any other request: the longest text, each character escaped as \uXXXX
BODY_PARTS = 300_000  # brackets in it, those of lists and objects mostly; what has more, as points, comes as a file
BODY_VALUES = 700_000  # commas in it, those between numbers mostly: each value is looked at where all answers wait
FILES_NAMED = 500  # files among the values of one event; an event takes far fewer, and says so itself
FREE_BYTES = 500_000_000  # of the disk that uploads go to; with less, none is taken
FILE_LIFE = (600, 1800)  # seconds: how often leftovers of uploads are looked for, and how old they may get
OPEN_SECONDS = 120.0  # for all files of one upload to be read
OPENERS = 2  # large files of numbers opened at once
OPENING = {"concurrency_limit": OPENERS, "concurrency_id": "opening"}
THREADS = 200  # in which events run; more than can be at work at once, for some wait for others' files
QUEUE = 64  # events that wait at once, all visitors together; more are told that the page is full
QUEUE_ADDRESS = 48  # of them from one address, so that others find a place
UNREAD = 400  # messages of a session that nobody fetches; with more, its events are refused
QUESTIONS = 60  # a minute, of one visitor: what asks a model, opens a file, comes through an endpoint, or is costly
QUESTIONS_ADDRESS = 1_200  # a minute, of all visitors behind one address: a school, an office
LOGINS = 20  # a minute, of one address
VISITORS_KNOWN = 20_000  # visitors whose questions are counted; a hundred bytes or two each
SHARED_SECONDS = 0.5  # at most, for the shared counts of questions to answer; then this process counts alone
SHARED_AGAIN = 5.0  # seconds until they are asked again
KEEP_ALIVE = 75  # seconds a connection may lie idle: more than deploy/nginx.conf says, see `Page.launch`
STOP_SECONDS = 150.0  # a server that is told to stop waits so long for what is under way; the longest files are cut
STOP_FETCH = 3.0  # and so long for answers to be taken
WRITERS = 12  # titles written at once; the model takes what arrives together as one batch
LOADING_SECONDS = 600.0  # a visitor waits this long for a model that is still loading
WRITING_SECONDS = 120.0  # and this long for titles
SHOWN_CHARACTERS = 20_000  # of an article shown with its marks; more makes phones slow
POLL_SECONDS = 1.0  # between two looks at a model that is loading
READERS = 8  # texts searched for triples at once
READING_SECONDS = 180.0  # a visitor waits this long for the triples of one text, or an answer out of texts
INDEX_SECONDS = 600.0  # as much more for an answer of the chat for which files are read and indexed
GRAPH_TRIPLES = 150  # drawn as a graph; more is a thicket, and its layout keeps a phone busy
TABLE_TRIPLES = 2_000  # rows of their table
BATCHES = 2  # files of texts read at once
BATCH_BYTES = 5_000_000  # of such a file
BATCH_ROWS = 2_000  # texts in it
BATCH_SECONDS = 900.0  # and this long for all of them
BATCH_CHUNK = 16  # texts between two looks at the progress bar
BAD_ROWS = 8  # rows of a file named as passed over, one by one
MATRICES = 2  # matrices computed at once, and as many in the chat; the largest keep every core busy
FITS = 2  # chains fitted at once to points that are many
FIT_FREELY = 20_000  # points, or characters, up to which nobody waits for others
FIT_SECONDS = 10.0  # and this long they wait
OPTIMIZERS = 2  # pages of optimizers worked out at once, and as many in the chat
ASKERS = 8  # questions answered at once
INDEXERS = 2  # long texts indexed at once, wherever from
SHELVES = 12  # visitors whose files are read at once for questions; what is long waits for its index
INDEXED_FREELY = 200_000  # characters up to which a text waits for no other; ten seconds' work, and 60 MB
DESK_SECONDS = 3600.0  # a visitor's documents are kept so long after the last question
CLOSED_SECONDS = 900.0  # and what a visitor has open so long after the page was closed, for those who come back to it
SESSIONS = 5_000  # visitors of whom something is kept
DESK_CHARACTERS = 9_000_000  # of documents kept for all visitors together, some 100 bytes of memory each
HELD_BYTES = 500_000_000  # of matrices, points and photographs that all visitors have opened
TALKS_SHOWN = 200_000_000  # characters of the answers, as HTML and pictures, of all conversations together
TALK_CHARACTERS = 4_000_000  # of one conversation, its documents and its answers as HTML; the oldest go first
TALKERS = 12  # messages answered at once in the chat
CHAT_CHARACTERS = MOST  # of a message; more that is pasted into the box becomes a file by itself
CHAT_FILES = MOST_FILES  # dropped into it at once
CHAT_SHOWN = 600  # characters of a message that the chat shows
CHAT_TURNS = 12  # messages with their answers that stand on the page; older ones are let go
CHAT_KEPT = 40  # messages that a browser keeps
CHAT_KEPT_CHARACTERS = 2_000  # of each
