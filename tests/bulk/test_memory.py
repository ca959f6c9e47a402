"""Memory does not grow with the input."""

from __future__ import annotations

import os
import tracemalloc

import pyarrow as pa
import pytest

from core.bulk.inputs import Source
from core.bulk.parts import Done, cut
from tests.bulk.files import TEXT, write


def _peak(path) -> int:
    """The most that Python and Arrow held while all parts were read; 50 rows a part."""
    arrow, before = 0, pa.total_allocated_bytes()
    tracemalloc.start()
    try:
        for _ in cut([Source(str(path), os.path.getsize(path))], (0, 1), TEXT, Done({}), 50):
            arrow = max(arrow, pa.total_allocated_bytes() - before)
        return arrow + tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", [".jsonl", ".jsonl.gz", ".csv.gz", ".jsonl.zst", ".parquet"])
def test_four_times_the_rows_in_the_same_memory(tmp_path, kind):
    """Parquet in one row group, whose texts are 4 and 16 MB."""
    small, large = (
        write(tmp_path / f"{n}{kind}", [{"text": os.urandom(2000).hex()} for _ in range(n)], group=n)
        for n in (1000, 4000)
    )
    _peak(small)  # what is loaded and kept at first use
    most = _peak(small)
    assert most < 16_000_000
    assert _peak(large) < 1.3 * most + 1_000_000
