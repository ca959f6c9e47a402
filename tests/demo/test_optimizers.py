"""The endpoints and events of the tab 优化器, with no model and no browser."""

import csv
import io
import json
import math
import re
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio_client import Client

from core.errors import VisitorError
from core.messages.names import SURFACES as CALLED
from core.optim.batches import accumulate
from core.optim.flow import MOST_METHODS, optimize
from core.optim.losses import NAMES, minibatch
from core.optim.methods import RULES
from core.optim.surfaces import landscape
from demo import optimizers, optimizers_pictures, optimizers_render, plots
from demo import optimizers_controls as controls
from demo.blocks import build, launch_options
from demo.i18n import both
from demo.optimizers_story import FREE, STORY
from demo.words import WORDS
from tests.demo.fakes import FakeService


@pytest.fixture(scope="module")
def client():
    page = build(FakeService())
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield Client(page.local_url, verbose=False)
    page.close()


def request(language="en"):
    return SimpleNamespace(cookies={}, headers={"accept-language": language})


# ---- endpoints


def test_optimize(client):
    methods = [{"method": "gd", "rate": 0.05}, {"method": "adam"}]
    answer = client.predict(surface="bowl", methods=methods, steps=30, condition=20, turn=10, api_name="/optimize")
    path = answer["paths"][0]
    assert path["setting"]["rate"] == 0.05 and len(path["x"]) == 31 and path["ended"] == "done"
    assert path["stability"]["bound"] == 2 and path["stability"]["product"] == pytest.approx(1)
    assert answer["paths"][1]["stability"] is None
    assert path["loss"] == list(optimize("bowl", methods, steps=30, condition=20, turn=10).paths[0].loss)
    assert answer["flow"]["whole"] and "landscape" not in answer


def test_optimize_as_it_stands(client):
    assert client.predict(api_name="/optimize")["paths"][0]["setting"]["method"] == "gd"


def test_what_is_no_number_is_null(client):
    answer = client.predict(
        surface="formula", formula="log(x) + y^2", x=1, y=1, steps=100, methods=[{"method": "gd"}], api_name="/optimize"
    )
    assert answer["paths"][0]["ended"] == "undefined" and answer["paths"][0]["loss"][-1] is None


def test_accumulate(client):
    answer = client.predict(method="momentum", batch=20, micro=6, api_name="/accumulate")
    assert answer["pieces"] == [6, 6, 6, 2] and answer["apart"] < 1e-12 < answer["unweighted_apart"]


@pytest.mark.parametrize(
    ("name", "arguments", "part"),
    [
        ("/optimize", {"steps": 10**7}, "5,000"),
        ("/optimize", {"steps": "many"}, "whole number"),
        ("/optimize", {"x": 99}, "outside"),
        ("/optimize", {"surface": "formula", "formula": "(" * 10_000}, "at most 400"),
        ("/optimize", {"surface": "formula", "formula": "open(x)"}, "not known"),
        ("/optimize", {"surface": "formula", "formula": 7}, "no formula"),
        ("/optimize", {"methods": [{"method": "gd", "rate": 0}]}, "Method 1: h"),
        ("/optimize", {"methods": [{"method": "gd"}] * 7}, "At most 6"),
        ("/optimize", {"methods": []}, "at least one"),
        ("/optimize", {"methods": "gd"}, "unknown|Method"),
        ("/optimize", {"methods": [3]}, "Method 1"),
        ("/accumulate", {"method": "rk4"}, "one gradient"),
        ("/accumulate", {"batch": 1e9}, "whole number"),
    ],
)
def test_endpoints_refuse_with_a_sentence(client, name, arguments, part):
    if arguments.get("methods") == "gd":
        assert client.predict(**arguments, api_name=name)["paths"]  # one name is one method
        return
    with pytest.raises(Exception, match=part) as caught:
        client.predict(**arguments, api_name=name)
    assert "Traceback" not in str(caught.value)


def test_endpoints_speak_the_callers_language(client):
    chinese = Client(client.src, verbose=False, headers={"Accept-Language": "zh-CN"})
    with pytest.raises(Exception, match="步数"):
        chinese.predict(steps=0, api_name="/optimize")


def test_endpoints_are_described(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    types = {p["parameter_name"]: p["python_type"]["type"] for p in endpoints["/optimize"]["parameters"]}
    assert types["surface"] == "str" and types["steps"] == "int" and types["condition"] == "float"
    assert "/accumulate" in endpoints


# ---- what stands on the page


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_light_and_speak_both_languages(name, language):
    for steps in (1, 1000):
        for methods in (list(RULES)[:MOST_METHODS], ["adam", "lion", "rk4"]):
            found = optimize(name, methods, steps=steps)
            drawn = optimizers_pictures.all_of(found, language)
            texts = [plots.picture(one).plot for one in drawn]
            assert len(texts[0]) < 500_000 and all(len(text) < 120_000 for text in texts[1:])
            names = [trace.get("name") or "" for trace in json.loads(texts[0])["data"]]
            assert bool(re.search("[\u4e00-\u9fff]", "".join(names))) == (language == "zh")
            walk = json.loads(texts[0])["layout"]["meta"]["walk"]
            assert len(walk["lines"]) == len(found.paths)
            assert len(drawn[0].data[walk["heads"]].x) == len(found.paths)


@pytest.mark.parametrize("steps", [300, 1001, 2000, 5000])
def test_a_path_that_jumps_to_and_fro_does_not_look_smooth(steps):
    found = optimize("bowl", [{"method": "gd", "rate": 0.2}], 1.0, 1.0, steps)  # hλ = 2: y changes its sign for ever
    drawn = optimizers_pictures.surface(found, "en")
    y = drawn.data[drawn.layout.meta["walk"]["lines"][0]].y
    assert len(y) <= 1003 and min(y) < -0.9 and max(y) > 0.9


def test_what_went_out_of_bounds_is_told_in_both_languages():
    methods = [{"method": "gd", "rate": 0.21}, {"method": "heun", "rate": 0.3}, {"method": "rk4", "rate": 0.27}]
    text = optimizers_render.table(optimize("bowl", methods, steps=400))
    assert "GD 0.21 left its stable range at step 1: hλ = 2.1 &gt; 2 (h = 0.21, λ = 10)." in text
    assert "Heun 0.3 在第 1 步离开了稳定范围" in text and "RK4 0.27 left" not in text
    assert "ran out of all bounds" in text and "2.7 ≤ 2.785<" in text
    local = optimizers_render.table(optimize("rosenbrock", [{"method": "gd", "rate": 0.002}], steps=5))
    assert "for the curvature there" in local and "按当地的曲率" in local
    assert "has no bottom there" in optimizers_render.table(optimize("saddle", ["gd"], steps=400))
    edge = optimize("formula", ["gd"], 1, 1, 100, formula="log(x) + y^2")
    assert "is not a number" in optimizers_render.table(edge)
    rough = optimize("formula", ["gd"], formula="abs(x) + abs(y)")
    assert "could be followed to" in optimizers_render.table(rough)


def test_adagrad_and_adadelta_are_marked_as_ours():
    text = optimizers_render.table(optimize("bowl", ["adagrad", "adadelta"]))
    assert "Adagrad*" in text and "AdaDelta*" in text
    for name in RULES:
        english, chinese = WORDS[f"optimizers_method_{name}"]
        assert ("ours" in english) == ("非原文" in chinese) == RULES[name].ours


def test_files_hold_every_step():
    found = optimize("beale", ["adam", {"method": "gd", "rate": 1e9}], steps=700)
    rows = list(csv.DictReader(io.StringIO(optimizers_render.as_csv(found))))
    adam = [row for row in rows if row["path"] == "1"]
    assert len(adam) == 701 and float(adam[-1]["loss"]) == found.paths[0].loss[-1]
    assert sum(row["method"] == "flow" for row in rows) == len(found.flow.x)
    again = json.loads(optimizers_render.as_json(found))
    assert len(again["paths"][0]["x"]) == 701 and again["paths"][1]["ended"] == "diverged"


def test_accumulation_is_shown():
    found, of = accumulate(batch=20, micro=6), minibatch()
    for language in ("en", "zh"):
        flat, curve = optimizers_pictures.accumulation(found, landscape(of), of.box, of.minima, language)
        assert len(flat.data) == 6 and len(curve.data) == 4
    text = optimizers_render.accumulation(found)
    assert "6 + 6 + 6 + 2" in text and "“平均的平均”" in text
    assert "mean of means" not in optimizers_render.accumulation(accumulate(batch=20, micro=5)).lower()


@pytest.mark.parametrize("told", [VisitorError("loss_word", word="<b>x"), "something_wrong"])
def test_sentences_are_escaped_and_in_both_languages(told):
    text = optimizers_render.told(told)
    assert 'lang="en"' in text and 'lang="zh-CN"' in text and "<b>" not in text


# ---- events


def values_of(stage="1"):
    """What the fields and slots hold after a step of the story."""
    with gr.Blocks():
        fields, slots = controls.surface_fields(), controls.slots()
    first = [one.value for one in (*fields.values(), *(one for slot in slots for one in slot.values()))]
    after = controls.set_by(stage)
    assert len(first) == len(after)
    return [old if isinstance(new, dict) else new for old, new in zip(first, after, strict=True)]


@pytest.mark.parametrize("key", STORY)
def test_every_step_of_the_story_sets_the_controls_and_runs(key):
    stage, found = STORY[key], controls.asked(values_of(key))
    assert found.surface == stage.surface
    assert [path.setting.method for path in found.paths] == [one["method"] for one in stage.methods]
    for path, wanted in zip(found.paths, stage.methods, strict=True):
        assert all(getattr(path.setting, name) == value for name, value in wanted.items())
    assert both(f"optimizers_story_{key}_told") in optimizers_render.story(key)


def test_the_page_begins_with_the_first_step():
    with gr.Blocks():
        fields, slots = controls.surface_fields(), controls.slots()
    now = [one.value for one in (*fields.values(), *(one for slot in slots for one in slot.values()))]
    assert controls.asked(now).paths == controls.asked(values_of("1")).paths


def test_what_each_step_is_to_show():
    euler = controls.asked(values_of("1")).paths
    assert [path.stability.left_at for path in euler] == [None, None, 1, None, None]
    assert euler[2].loss[-1] > euler[2].loss[0]
    error = controls.asked(values_of("2"))
    ends = [math.dist((p.x[1], p.y[1]), (error.start[0], error.start[1])) for p in error.paths[:3]]
    assert ends == sorted(ends)  # the longest step is thrown the farthest
    sign = controls.asked(values_of("3")).paths[1:]
    for path in sign:
        moves = {round(abs(b - a), 9) for a, b in zip(path.x, path.x[1:], strict=False)}
        assert path.setting.rate in {round(move, 4) for move in moves}
    flow, scalar, element = controls.asked(values_of("5")).paths
    assert scalar.setting.method == "rmsprop_scalar" and element.setting.method == "rmsprop"
    assert flow.ended == scalar.ended == element.ended == "done"


def test_on_ones_own_everything_stays():
    assert all(isinstance(value, dict) for value in controls.set_by(FREE))


def test_a_mistake_stands_under_the_fields():
    values = values_of("1")
    names = list(controls._FIELDS)
    for name, value, part in (
        ("steps", 10**7, "5,000"), ("steps", None, "步数"), ("x", 9, "起点"), ("x", None, None),
        ("condition", None, "κ"), ("surface", "formula", None),
    ):  # fmt: skip
        changed = [value if at == names.index(name) else one for at, one in enumerate(values)]
        *drawn, card, wrong = optimizers._draw(request("zh-CN"), *changed)
        if part is None:
            assert "wz-optimizers-card" in card and wrong == ""
        else:
            assert part in wrong and "wz-optimizers-wrong" in wrong and [*drawn, card] == [gr.skip()] * 6


def test_a_surface_and_a_method_bring_what_suits_them():
    x, y, *rates = controls.suited("rosenbrock", 10, 0, "", 3, "gd", "none", "adam")
    assert (x, y) == (-1.2, 1.0) and rates[0] < 0.001 and isinstance(rates[1], dict) and rates[2] == 0.05
    assert all(isinstance(one, dict) for one in controls.suited("formula", 10, 0, "z", 3, "gd"))
    rate, beta1, beta2, epsilon, decay = controls.usual("adam", "bowl", 10, 0, "", 3)
    assert (rate, beta1, beta2, epsilon) == (0.1, 0.9, 0.999, 1e-7) and isinstance(decay, dict)
    assert controls.usual("gd", "formula", 10, 0, "z", 3)[0] == 0.1  # a formula that cannot be read: as on the bowl
    assert all(isinstance(one, dict) for one in controls.usual("none", "bowl", 10, 0, "", 3))


def test_a_file_after_a_mistake_is_a_message(monkeypatch):
    told = []
    monkeypatch.setattr("demo.common.warn", lambda text, _: told.append(text))
    values = ["formula", 10, 0, "z", 3, 6, 0, 0, 0, 10, *values_of("1")[10:]]
    assert optimizers._saver(optimizers_render.as_csv)(request(), *values) == ""
    assert optimizers._saver(lambda found: 1 / 0)(request(), *values_of("1")) == ""
    assert "not known" in told[0] and len(told) == 2
    assert optimizers._saver(optimizers_render.as_csv)(request(), *values_of("1")).startswith("path,")


def test_accumulation_of_sliders_that_cross():
    flat, curve, card = optimizers._gather(request(), "adam", 10, 30, 20, 0)
    assert "each of 1 micro-batches (10)" in card
    assert "wz-optimizers-wrong" in optimizers._gather(request(), "adam", 10, 5, 20, None)[-1]


def test_numbers_in_the_table_are_short():
    """Six columns stand beside the map."""
    assert [optimizers_render._short(value) for value in (3.88821, 1.04e-18, 6.6751e5, 0.0, float("inf"))] == [
        "3.888", "1.04e-18", "6.675e5", "0", "–",
    ]  # fmt: skip
    card = optimizers_render.table(controls.asked(values_of("1")))
    assert card.count("wz-optimizers-of") == 5 * 5 and "≤ 2.785<" in card


def test_surfaces_are_called_the_same_in_sentences_and_on_the_page():
    assert set(CALLED) == set(NAMES) - {"formula"}
    for name in CALLED:
        shown, said = WORDS[f"optimizers_surface_{name}"], CALLED[name]
        assert (shown[0].lower(), shown[1]) == (said[0].lower(), said[1])
