"""The endpoints and events of the tab 绳, with no model and no browser."""

import io
import json
import math
import re
import threading
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client
from PIL import Image

from core import child
from core.errors import VisitorError
from core.mathtoys import photo as photos
from core.mathtoys.catenary import catenary
from core.mathtoys.fit import fit_catenary
from core.mathtoys.pole import pole_rope
from core.mathtoys.rope import rope
from core.mathtoys.turning import turning_rope
from demo import curves_fit, curves_pictures, curves_render, limits
from demo.blocks import build, launch_options
from demo.curves import PANELS, _drawn
from demo.curves_examples import BRIDGE, CHAIN
from demo.curves_photo import MOST, Marks, Photo
from demo.held import Held
from demo.plots import picture
from tests.demo.fakes import FakeService
from tests.mathtoys.chains import chain, photograph


@pytest.fixture(scope="module")
def client():
    page = build(FakeService())
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield Client(page.local_url, verbose=False)
    page.close()


# ---- endpoints


def test_catenary(client):
    answer = client.predict(x2=1.0, length=2.0, api_name="/catenary")
    assert answer["sag"] == pytest.approx(0.796388, abs=1e-6)
    assert answer["a"] == catenary(length=2.0).a
    assert len(answer["x"]) == len(answer["tension"])


def test_rope(client):
    answer = client.predict(span=1.0, length=3.0, omega=5.0, api_name="/rope")
    assert answer["k"] == pytest.approx(0.837453, abs=1e-6)
    assert [other["name"] for other in answer["others"]] == ["catenary", "sine", "cubic"]


def test_fit_catenary(client):
    points = chain(0.7, 0.3, -1, -1, 1.5, 30)
    answer = client.predict(points=points.tolist(), api_name="/fit_catenary")
    assert answer["a"] == pytest.approx(0.7)
    assert {rival["name"] for rival in answer["rivals"]} == {"catenary", "parabola", "cubic", "rope"}


def test_ropes_that_turn(client):
    assert client.predict(omega=10.0, api_name="/turning_rope")["shapes"]
    answer = client.predict(omega=9.0, api_name="/pole_rope")
    assert [shape["number"] for shape in answer["shapes"]] == [1, 2, 0]


@pytest.mark.parametrize(
    ("name", "arguments", "part"),
    [
        ("/catenary", {"length": 0.5}, "cannot reach"),
        ("/catenary", {}, "exactly one"),
        ("/catenary", {"length": "long"}, "finite number"),
        ("/rope", {"length": 1e300}, "between"),
        ("/rope", {"omega": -1}, "more than 0"),
        ("/fit_catenary", {"points": [[0, 0], [1, 1]]}, "too few"),
        ("/fit_catenary", {"points": [[0, 0], [1, 1], [2, "x"]]}, "Point 3"),
        ("/fit_catenary", {"points": "no points"}, "Line 1|too few"),
        ("/turning_rope", {"omega": 0, "gravity": 0}, "no shape"),
        ("/pole_rope", {"omega": 1e6}, "more slowly"),
    ],
)
def test_endpoints_refuse_with_a_sentence(client, name, arguments, part):
    with pytest.raises(Exception, match=part) as caught:
        client.predict(**arguments, api_name=name)
    assert "Traceback" not in str(caught.value)


def test_endpoints_speak_the_callers_language(client):
    chinese = Client(client.src, verbose=False, headers={"Accept-Language": "zh-CN"})
    with pytest.raises(Exception, match="够不着"):
        chinese.predict(length=0.5, api_name="/catenary")


def test_endpoints_are_described(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert {"/catenary", "/rope", "/fit_catenary", "/turning_rope", "/pole_rope"} <= set(endpoints)
    types = {p["parameter_name"]: p["python_type"]["type"] for p in endpoints["/rope"]["parameters"]}
    assert types == dict.fromkeys(("span", "length", "omega", "density"), "float")


def test_callers_at_once_each_get_their_own(client):
    answers = {}

    def ask(length):
        answers[length] = Client(client.src, verbose=False).predict(length=length, api_name="/rope")["length"]

    threads = [threading.Thread(target=ask, args=(1.5 + number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == {length: length for length in answers} and len(answers) == 4


# ---- pictures and figures


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pictures_are_light_and_speak_both_languages(language):
    found, turning, pole = rope(), turning_rope(omega=10.0), pole_rope(0.0, 1.0, 20.0)
    figures = [
        curves_pictures.rope(found, language),
        curves_pictures.rope_in_space(found, language),
        curves_pictures.chain(catenary(length=2.0), language),
        curves_pictures.fit(fit_catenary(CHAIN), language),
        curves_pictures.residuals(fit_catenary(CHAIN), language),
        curves_pictures.shapes(turning, language, upright=False),
        curves_pictures.shapes(pole, language, upright=True),
        curves_pictures.shape_in_space(pole.shapes[0], 20.0, language),
    ]
    for number, figure in enumerate(figures):
        text = picture(figure).plot
        assert len(text) < 100_000, number
        names = " ".join(str(trace.get("name") or "") for trace in json.loads(text)["data"])
        assert bool(re.search("[\u4e00-\u9fff]", names)) == (language == "zh") or number in (1, 7)


def test_a_turning_rope_is_what_the_browser_turns():
    drawn = curves_pictures.rope_in_space(rope(1.0, 2.0), "en")
    turn = drawn.layout.meta["turn"]
    moved = drawn.data[turn["index"]]
    radius = np.hypot(np.array(moved.y, float), np.array(moved.z, float))
    assert radius == pytest.approx(np.abs(turn["r"]), abs=1e-4)
    assert list(moved.x) == list(turn["along"])


@pytest.mark.parametrize(
    ("arm", "turns", "asked", "part"),
    [
        (0, 1.8, 2, "straight"),
        (0, 1.8, 7, "There is no shape 7 here"),
        (0, 5, 1, "12, of which 7 are worked out"),
        (0, 5, 8, "Shape 8 is not worked out"),
    ],
)
def test_a_shape_that_is_not_there_is_told(arm, turns, asked, part):
    length = 3 if turns == 5 else 1
    found = pole_rope(arm, length, 2 * math.pi * turns)
    told = curves_render.shape(found, found.shapes[min(asked, len(found.shapes)) - 1], asked)
    assert (part in told) == (part != "straight")
    assert ("shape" in told.split("wz-remark", 1)[1]) == (asked > len(found.shapes))
    assert "100 g/m" in told and "每米 100 克" in told


def test_figures_are_escaped_and_in_both_languages():
    for text in (
        curves_render.rope(rope()),
        curves_render.chain(catenary(length=2.0)),
        curves_render.fit(fit_catenary(BRIDGE)),
        curves_render.told(VisitorError("points_line", line="<b>")),
    ):
        assert 'lang="en"' in text and 'lang="zh-CN"' in text
        assert "<b>" not in text


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [(0.123456789, None, "0.12346"), (1.23456, 0.0123, "1.235 ± 0.012"), (float("inf"), None, "–"), (None, None, "–")],
)
def test_numbers_for_people(value, error, shown):
    assert curves_render.number(value, error=error) == shown


def test_examples_say_what_they_promise():
    found = fit_catenary(CHAIN)
    assert found.outliers == 3 and found.a == pytest.approx(0.5, rel=0.02)
    bridge = {rival.name: rival.rms for rival in fit_catenary(BRIDGE).rivals}
    assert bridge["parabola"] < bridge["catenary"]


# ---- a photograph, clicked


def request(language="en"):
    return SimpleNamespace(cookies={}, headers={"accept-language": language})


def click(x, y):
    return SimpleNamespace(index=[x, y])


def test_clicks_on_a_photograph(tmp_path):
    image, places = photograph(a=210.0, x0=480.0, y0=140.0, tilt=0.0)
    image.save(tmp_path / "wall.jpg", quality=90)
    photo = curves_fit._open_photo(str(tmp_path / "wall.jpg"), None, request())
    assert not (tmp_path / "wall.jpg").exists()  # deleted once read
    image = photo.seen()[0].value()
    height = image.height
    for x, y in places[::8]:
        photo = curves_fit._clicked(photo, "c", click(x, height - y))
    for end in ((100, 50), (300, 50)):
        photo = curves_fit._clicked(photo, "s", click(*end))
    shown, count, _, _, card = curves_fit._fit_photo("en", photo, 0.5, 0.0, False)  # 200 pixels are half a metre
    assert shown.size == image.size and shown.tobytes() != image.tobytes()
    assert f"{len(places[::8])} points, 2 of 2" in count
    held, marks = photo.seen()
    found = fit_catenary(photos.upwards(image, marks.clicks, 0.0025))
    assert found.a == pytest.approx(210 * 0.0025, rel=1e-6)
    assert curves_render.number(found.a, "", found.a_error) in card
    for _ in range(3):
        photo = curves_fit._undone(photo)
    assert photo.seen()[1] == Marks(marks.clicks[:-1], (), marks.order[:-3])
    assert curves_fit._cleared(photo).seen() == (held, Marks())
    assert curves_fit._undone(photo).seen() == (held, Marks()), "there is nothing left to undo"


def opened_photo():
    return Photo(Held(Image.new("RGB", (100, 100)), 30_000, "points_gone"))


def test_clicks_that_reach_the_server_together_all_count():
    """Each is given what the others have not yet answered."""
    photo = opened_photo()
    answers = [curves_fit._clicked(photo, "c", click(x, 10)) for x in (1, 2)]
    assert answers == [photo, photo] and photo.seen()[1].clicks == ((1.0, 10.0), (2.0, 10.0))

    together = threading.Barrier(4)

    def clicking(column):
        together.wait(60)
        for row in range(50):
            curves_fit._clicked(photo, "c", click(column, row))

    threads = [threading.Thread(target=clicking, args=(column,)) for column in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    marks = photo.seen()[1]
    assert len(marks.clicks) == len(marks.order) == 202
    assert {(float(x), float(y)) for x in range(4) for y in range(50)} <= set(marks.clicks)


def test_a_click_on_the_photograph_before_does_not_bring_it_back():
    photo = opened_photo()
    before = photo.seen()[0]
    assert curves_fit._example_photo(photo) is photo and photo.seen()[0] is not before
    curves_fit._clicked(photo, "c", click(1, 1))
    assert curves_fit._cleared(photo).seen() == (photo.seen()[0], Marks()) and photo.seen()[0] is not before


def test_what_is_clicked_after_the_last_click_is_told():
    photo = opened_photo()
    for number in range(MOST - 1):
        curves_fit._clicked(photo, "c", click(number % 100, number // 100))
    assert "More than" not in curves_fit._fit_photo("en", photo, 1.0, 0.0, False)[1]
    for _ in range(2):
        curves_fit._clicked(photo, "c", click(50, 50))
    count = curves_fit._fit_photo("en", photo, 1.0, 0.0, False)[1]
    assert f"{MOST} points" in count and f"More than {MOST}" in count and f"最多接受 {MOST}" in count


def drawn_fit(*, language="en", kind="text", text="", cloud=None, beside="", photo=None, count=""):
    """What the event that draws the fit answers, asked for by a page that shows it."""
    with gr.Blocks():
        panel = PANELS["fit"]()
    return _drawn("fit", panel)(
        request(language), "fit", kind, text, 0.0, False, 1.0, cloud, beside, photo, count
    )  # fmt: skip


def test_what_has_ended_on_the_server_while_the_page_still_shows_it_is_told():
    for answer in (drawn_fit(kind="photo", count="<p>4 points</p>"), drawn_fit(beside="beside")):
        assert answer[:-1] == [gr.skip()] * 4 and "no longer kept" in answer[-1] and "已不再保留" in answer[-1]
    photo = opened_photo()
    photo.seen()[0].clear()  # it has made room for others
    assert "no longer kept" in drawn_fit(kind="photo", photo=photo, count="<p>4 points</p>")[-1]
    assert list(drawn_fit(kind="photo")) == [gr.skip()] * 5, "none was opened yet"
    assert "too few" in drawn_fit()[-1]
    for event in (curves_fit._undone, curves_fit._cleared):
        assert event(None) == gr.skip()
    assert curves_fit._clicked(None, "c", click(1, 1)) == gr.skip()


def test_a_third_end_of_the_scale_begins_anew():
    photo = opened_photo()
    for x in (1, 50, 90):
        photo = curves_fit._clicked(photo, "s", click(x, 10))
    assert photo.seen()[1] == Marks((), ((90.0, 10.0),), "s")
    photo = curves_fit._clicked(photo, "s", click(90, 10))
    assert (
        "wz-curves-told" in curves_fit._fit_photo("en", curves_fit._clicked(photo, "c", click(1, 1)), 1.0, 0, False)[4]
    )


def test_photographs_are_seen_upright(tmp_path):
    picture = Image.new("RGB", (40, 20), "red")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    picture.save(tmp_path / "a.jpg", exif=exif)
    assert photos.load(tmp_path / "a.jpg").size == (20, 40)
    Image.new("RGB", (4000, 1000)).save(tmp_path / "b.png")
    assert photos.load(tmp_path / "b.png").size == (1280, 320)


def bomb():
    data = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "key"),
    [(lambda: b"no picture", "picture_broken"), (lambda: b"", "picture_broken"), (bomb, "picture_too_large")],
)
def test_bad_pictures_are_told(tmp_path, data, key, monkeypatch):
    told = []
    monkeypatch.setattr(curves_fit, "warn", lambda text, _: told.append(text))
    path = tmp_path / "x.png"
    path.write_bytes(data())
    with pytest.raises(VisitorError) as caught:
        photos.load(path)
    assert caught.value.key == key
    assert curves_fit._open_photo(str(path), None, request()) == gr.skip()
    assert told == [caught.value.sentence("en")] and not path.exists()


def test_a_picture_that_takes_its_decoder_too_long(tmp_path, monkeypatch):
    """A progressive JPEG whose last scan is there a thousand times, say."""
    Image.new("RGB", (40, 20), "red").save(tmp_path / "a.jpg")
    for answer, key in (
        (child.Answer(late=True), "picture_too_large"),
        (child.Answer(code=-9), "picture_broken"),
    ):
        monkeypatch.setattr(child, "ask", lambda *_, answer=answer: answer)
        with pytest.raises(VisitorError) as caught:
            photos.load(tmp_path / "a.jpg")
        assert caught.value.key == key


# ---- points out of a file


def test_files_of_points(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(curves_fit, "warn", lambda text, _: told.append(text))
    few, many, bad = (Path(tmp_path / name) for name in ("few.csv", "many.csv", "bad.csv"))
    few.write_text("x,y\n0,1\n1,0\n2,1\n")
    many.write_text("\n".join(f"{x},{y}" for x, y in chain(0.7, 0.3, -1, -1, 1.5, 3000)))
    bad.write_bytes(b"\x00\xff\x00")
    assert curves_fit._open_points(str(few), request()) == ("0.0, 1.0\n1.0, 0.0\n2.0, 1.0", None, "")
    text, cloud, beside = curves_fit._open_points(str(many), request())
    assert text == "" and len(cloud.value()) == 3000
    assert "3,000, " in drawn_fit(text=text, cloud=cloud, beside=beside)[-1]
    assert curves_fit._open_points(str(bad), request()) == (gr.skip(),) * 3
    assert told and not few.exists() and not many.exists() and not bad.exists()


def test_what_stands_in_the_box_counts_instead_of_the_opened_file():
    """However it came there: the file is still open."""
    points = chain(0.7, 0.3, -1, -1, 1.5, 3000)
    many = {"cloud": Held(points, points.nbytes, "points_gone"), "beside": "beside"}
    assert "<dd>20, 3</dd>" in drawn_fit(text=CHAIN, **many)[-1]
    assert "<dd>20, 3</dd>" in drawn_fit(text=CHAIN, **{**many, "cloud": None})[-1]
    assert "3,000, " in drawn_fit(text=" \n", **many)[-1]
    assert "too few" in drawn_fit(cloud=many["cloud"])[-1], "what was typed instead of the file has been deleted"


def test_a_mistake_stands_where_the_figures_stand():
    with gr.Blocks():
        panel = PANELS["rope"]()
    draw = _drawn("rope", panel)
    *pictures, card = draw(request("zh-CN"), "rope", 2.0, 1.0, 2.0, 60.0)
    assert "够不着" in card and pictures == [gr.skip()] * 2
    assert "wz-curves-told" in draw(request(), "rope", None, 1.0, 2.0, 60.0)[-1]
    assert list(draw(request(), "chain", 1.0, 2.0, 2.0, 60.0)) == [gr.skip()] * 3


def test_fits_of_many_points_wait_for_each_other_and_others_do_not(monkeypatch):
    many = Held(np.repeat(np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 2.0]]), limits.FIT_FREELY, 0), 1, "points_gone")
    monkeypatch.setattr(limits, "FIT_SECONDS", 0.0)
    for _ in range(limits.FITS):
        assert curves_fit._fitting.acquire(blocking=False)
    try:
        with pytest.raises(VisitorError, match="too busy"):
            curves_fit._fit_points("en", "", many, 0.0, False, True)
        assert len(curves_fit._fit_points("en", CHAIN, None, 0.0, False, False)) == 3
    finally:
        for _ in range(limits.FITS):
            curves_fit._fitting.release()
    assert len(curves_fit._fit_points("en", "", many, 0.0, False, True)) == 3, "and it is let go"


# ---- events


@pytest.fixture(scope="module")
def page():
    return build(FakeService())


def events(page):
    """The events that ask the server, as the browser knows them."""
    return [event for event in page.config["dependencies"] if event["backend_fn"]]


def test_no_event_asks_the_server_for_two_that_repeat_each_other(page):
    """Gradio repeats all events of a component when one of them (always_last) was asked for again while it ran."""
    last = [event for event in events(page) if event["trigger_mode"] == "always_last"]
    at = Counter((one, kind) for event in last for one, kind in event["targets"] if kind != "then")  # those go alone
    types = {component["id"]: component["type"] for component in page.config["components"]}
    assert at and not [(types[one], kind) for (one, kind), count in at.items() if count > 1]


def test_a_picture_of_a_panel_is_filled_by_one_event_alone(page):
    """Of several the slower one would stay, not the later one."""
    names = {f"wz-plot-{name}" for name in ("rope", "chain", "tension", "fit", "residuals", "turning", "pole")}
    ids = {one["id"] for one in page.config["components"] if one["props"].get("elem_id") in {*names, "wz-curves-photo"}}
    filled = Counter(one for event in events(page) for one in event["outputs"] if one in ids)
    assert len(ids) == len(names) + 1 and filled == dict.fromkeys(ids, 1)


def test_a_language_that_is_switched_back_while_pictures_are_drawn_counts(page):
    buttons = {
        one["id"] for one in page.config["components"] if "wz-relabel" in (one["props"].get("elem_classes") or [])
    }
    modes = [
        event["trigger_mode"] for event in page.config["dependencies"] for one, _ in event["targets"] if one in buttons
    ]
    assert len(modes) == len(buttons) > 2 and set(modes) == {"always_last"}
