"""Files that are left over, and names of files that never were: none ends what clears them, or takes room for good."""

import os
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
from gradio import blocks, route_utils
from gradio.utils import get_upload_folder

from demo import limits, uploads, watch
from tests.demo.attacks.asking import META, ask, event, upload


def named(path):
    return {"path": path, "orig_name": "a.txt", **META}


def usual(component):
    return None if isinstance(component, gr.State) else getattr(component, "value", None)


def known(page):
    return {file for names in page.temp_file_sets for file in names}


@pytest.fixture
def opening(served):
    """An event that takes files."""
    return event(served, "reading_files.opened")


def test_what_is_old_goes_and_what_is_gone_is_forgotten(tmp_path):
    for name in ("old.txt", "new.txt", "kept.txt"):
        (tmp_path / name).write_text(name)
    old, new, kept = (str(tmp_path / name) for name in ("old.txt", "new.txt", "kept.txt"))
    names = {old, kept, f"{new}/x", str(tmp_path / "none"), "a\0b", "a" * 5_000}
    page = SimpleNamespace(blocks={1: SimpleNamespace(keep_in_cache={kept})}, temp_file_sets=[names, set()])
    leftovers = uploads.Leftovers()
    leftovers.clear(page, 100, now=0)
    assert names == {old, kept} and Path(old).exists()
    names.add(str(tmp_path))  # a folder, which no file is
    page.temp_file_sets[1].add(new)
    leftovers.clear(page, 100, now=90)
    assert names == {old, kept, str(tmp_path)}
    os.utime(new)  # given out again
    leftovers.clear(page, 100, now=101)
    leftovers.clear(page, 100, now=191)
    assert Path(new).exists()
    assert names == {kept, str(tmp_path)} and sorted(os.listdir(tmp_path)) == ["kept.txt", "new.txt"]
    leftovers.clear(page, None, now=102)
    assert page.temp_file_sets == [{kept}, set()] and os.listdir(tmp_path) == ["kept.txt"] and not leftovers._seen


def test_no_name_of_a_file_ends_what_clears_them(served, opening):
    with httpx.Client(timeout=60) as client:
        path = upload(client, served.api)
        ask(client, served.api, opening, [[named(f"{path}/x"), named(f"{path}.none")]] * len(opening.inputs))
    assert f"{path}/x" in known(served.page)
    route_utils.delete_files_created_by_app(served.page, 3_600)
    assert not {f"{path}/x", f"{path}.none"} & known(served.page) and Path(path).exists()


def test_a_file_that_is_given_to_an_event_leaves_none_beside_it(served):
    folder = Path(get_upload_folder())
    with httpx.Client(timeout=60) as client:
        upload(client, served.api)
        before = {path for path in folder.iterdir() if path.is_file()}
        asked = 0
        for fn in served.page.fns.values():
            takers = [isinstance(one, gr.File | gr.UploadButton) for one in fn.inputs]
            if fn.fn is not None and any(takers):
                file = named(upload(client, served.api))
                values = [
                    ([file] if one.file_count == "multiple" else file) if takes else usual(one)
                    for one, takes in zip(fn.inputs, takers, strict=True)
                ]
                ask(client, served.api, fn, values)
                asked += 1
    assert asked > 5
    assert {path for path in folder.iterdir() if path.is_file()} <= before


@pytest.mark.parametrize("paths", [["a"] * (limits.FILES_NAMED + 1), ["a" * 5_000]], ids=["many", "long"])
def test_more_files_than_anybody_opens_are_not_looked_for(served, opening, monkeypatch, paths):
    looked = []

    async def look(value, *_, **__):
        looked.append(value)
        return value

    monkeypatch.setattr(blocks.processing_utils, "async_move_files_to_cache", look)
    files = [named(f"{get_upload_folder()}/{path}") for path in paths]
    with httpx.Client(timeout=60) as client:
        for fn in (opening, event(served, "reading_files.closed")):
            assert watch.name_of(fn)
            told = ask(client, served.api, fn, [files] * len(fn.inputs), "leftovers")
            assert '"success":false' in told or "detail" in told
    assert not any(files == value for value in looked)
