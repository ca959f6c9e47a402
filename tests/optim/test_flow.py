"""Paths beside the exact flow: orders of convergence, endings, bad input, mini-batches and accumulation."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import core
from core.errors import VisitorError
from core.optim import batches
from core.optim.flow import FAR, MOST_METHODS, MOST_STEPS, flow, optimize
from core.optim.losses import NAMES, bowl, minibatch, surface
from core.optim.methods import RULES

ROOT = Path(__file__).parents[2]
ORDERS = {"gd": 1, "heun": 2, "rk4": 4}


# ---- the exact flow


@settings(deadline=None, max_examples=30)
@given(st.floats(1, 1e5), st.floats(-1, 1), st.floats(-1, 1), st.floats(0.1, 5))
def test_the_flow_down_a_bowl_is_the_exponential(condition, x, y, horizon):
    found = flow(bowl(condition), (x, y), horizon)
    times = np.array(found.time)
    assert found.whole and times[-1] == pytest.approx(horizon)
    assert np.array(found.x) == pytest.approx(x * np.exp(-times), abs=1e-6)
    assert np.array(found.y) == pytest.approx(y * np.exp(-condition * times), abs=1e-6)


def test_the_flow_falls_and_ends_in_a_valley():
    for name in ("rosenbrock", "himmelblau", "beale", "rastrigin"):
        over = surface(name)
        found = flow(over, over.start, 1000.0)
        assert (np.diff(found.loss) <= 1e-9).all()
        assert np.hypot(*over.slope(found.x[-1], found.y[-1])) < 1e-3


def test_a_flow_that_runs_off_is_followed_to_the_edge():
    found = flow(surface("saddle"), (1.0, 0.1), 1e6)
    assert not found.whole and found.time[-1] < 20 and abs(found.y[-1]) >= FAR


@pytest.mark.parametrize("text", ["abs(x) + abs(y)", "sin(10000 x y)", "sqrt(abs(x)) + sqrt(abs(y))"])
def test_a_rough_flow_ends_in_good_time(text):
    found = optimize("formula", ["gd"], formula=text, steps=5_000).flow
    assert len(found.x) < 1_000 and np.isfinite(found.x).all()


@pytest.mark.parametrize("method", ORDERS)
@pytest.mark.parametrize("over", ["bowl", "himmelblau"])
def test_orders_of_convergence(method, over):
    """Halve the step: the error after the same time falls by 2 to the order."""
    horizon = 1.0 if over == "bowl" else 0.04

    def end(name, steps):
        path = optimize(over, [{"method": name, "rate": horizon / steps}], steps=steps, condition=4, turn=25).paths[0]
        assert path.time[-1] == pytest.approx(horizon)
        return path.x[-1], path.y[-1]

    truth = end("rk4", 2048)
    coarse, fine = (math.dist(end(method, steps), truth) for steps in (32, 64))
    assert math.log2(coarse / fine) == pytest.approx(ORDERS[method], abs=0.35)


@pytest.mark.parametrize("method", ORDERS)
def test_small_steps_of_the_flows_methods_lie_on_the_flow(method):
    found = optimize("rosenbrock", [{"method": method, "rate": 1e-5}], steps=2000)
    path, exact = found.paths[0], found.flow
    assert path.time[-1] == pytest.approx(exact.time[-1]) == pytest.approx(0.02)
    assert np.interp(path.time, exact.time, exact.x) == pytest.approx(np.array(path.x), abs=5e-3)


# ---- paths


@pytest.mark.parametrize("name", NAMES)
def test_every_surface_takes_every_method(name):
    for first in range(0, len(RULES), MOST_METHODS):
        found = optimize(name, list(RULES)[first : first + MOST_METHODS], steps=40)
        for path in found.paths:
            lists = (path.x, path.y, path.loss, path.excess, path.gradients, path.time)
            assert {len(one) for one in lists} == {path.steps + 1}
            assert path.ended in ("done", "escaped") and (path.x[0], path.y[0]) == found.start
            assert path.gradients[-1] == path.steps * RULES[path.setting.method].gradients


def test_the_same_answer_twice():
    first, second = (optimize("minibatch", ["adam", "gd"], steps=50, seed=3) for _ in range(2))
    assert first.paths == second.paths and first.flow == second.flow
    assert optimize("minibatch", ["adam"], steps=50, seed=4).paths[0] != first.paths[0]


def test_endings_are_told_apart():
    far = optimize("bowl", [{"method": "gd", "rate": 1e9}]).paths[0]
    assert far.ended == "diverged" and far.steps == 0 and far.stability.left_at == 1
    some = optimize("bowl", [{"method": "gd", "rate": 0.25}], steps=500).paths[0]
    assert some.ended == "diverged" and 5 < some.steps < 100 and some.loss[-1] > some.loss[0]
    assert optimize("saddle", ["gd"], steps=500).paths[0].ended == "escaped"
    thrown = optimize("formula", [{"method": "gd", "rate": 4000}], formula="sin(x)")
    assert thrown.flow.whole and thrown.paths[0].ended == "diverged", "the flow comes to rest"
    edge = optimize("formula", ["gd", "heun"], 1, 1, 200, formula="log(x) + y^2")
    assert [path.ended for path in edge.paths] == ["undefined", "undefined"]
    assert all(np.isfinite(path.loss[:-1]).all() for path in edge.paths)


def test_momentum_says_which_leapfrog_it_is():
    momentum, other = optimize("bowl", ["momentum", "gd"]).paths
    assert momentum.friction and other.friction is None
    assert momentum.nearest == pytest.approx(math.dist((momentum.x[-1], momentum.y[-1]), (0, 0)))


def test_where_no_method_took_a_step_there_is_a_flow_to_see():
    found = optimize("bowl", [{"method": "rk4", "rate": 1e9}])
    assert found.flow.time[-1] == pytest.approx(1.0) and found.flow.loss[-1] < 0.5 * found.flow.loss[0]


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        ({"steps": 10**7}, "steps_wrong"),
        ({"steps": 0}, "steps_wrong"),
        ({"steps": 1.5}, "steps_wrong"),
        ({"steps": None}, "steps_wrong"),
        ({"steps": "many"}, "steps_wrong"),
        ({"steps": math.nan}, "steps_wrong"),
        ({"methods": []}, "methods_none"),
        ({"methods": ["gd"] * 7}, "methods_many"),
        ({"methods": ["gd", "sgd"]}, "method_unknown"),
        ({"methods": 3}, "method_unknown"),
        ({"methods": [{"method": "gd", "rate": 0}]}, "method_parameter"),
        ({"x": 2.5}, "start_outside"),
        ({"y": -1e300}, "out_of_range"),
        ({"x": math.inf}, "number_wanted"),
        ({"x": "left"}, "number_wanted"),
        ({"surface": "hill"}, "bad_choice"),
        ({"surface": ["bowl"]}, "bad_choice"),
        ({"surface": "minibatch", "batch": 0}, "whole_wanted"),
        ({"surface": "minibatch", "seed": 0.5}, "whole_wanted"),
        ({"surface": "minibatch", "batch": None}, "whole_wanted"),
        ({"surface": "formula", "formula": "log(x)", "x": -1, "y": 0}, "start_undefined"),
        ({"surface": "formula", "formula": "sqrt(-1 - x^2)"}, "loss_nowhere"),
        ({"surface": "formula", "formula": "1/0"}, "loss_nowhere"),
        ({"surface": "formula", "formula": "x^y^999999999"}, "start_undefined"),
        ({"surface": "formula", "formula": "+".join(["sin(x y)"] * 40), "methods": ["rk4"] * 6, "steps": 5000},
         "steps_long_formula"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told(wanted, key):
    with pytest.raises(VisitorError) as caught:
        optimize(**wanted)
    assert caught.value.key == key
    assert caught.value.sentence("en") and caught.value.sentence("zh")


def test_so_many_steps_as_the_sentence_says_can_be_taken():
    text = "+".join(["sin(x y)"] * 40)
    with pytest.raises(VisitorError) as caught:
        optimize("formula", ["rk4"] * 6, steps=5000, formula=text)
    most = caught.value.values["most"]
    assert 1 <= most < MOST_STEPS
    assert optimize("formula", ["rk4"], steps=most, formula=text).paths[0].steps == most


def test_the_laboratory_needs_no_tensorflow():
    code = (
        "import sys, core; core.optimize('minibatch', ['adam', 'rk4']);"
        "bad = {'tensorflow', 'tf_keras', 'keras', 'bert4keras'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
    assert core.optimize is optimize


# ---- mini-batches


def test_every_epoch_sees_every_sample_once():
    places = batches.stream(5, 3 * batches.SAMPLES + 7)
    for first in range(0, 3 * batches.SAMPLES, batches.SAMPLES):
        assert sorted(places[first : first + batches.SAMPLES]) == list(range(batches.SAMPLES))
    assert len(places) == 3 * batches.SAMPLES + 7


@given(st.integers(0, 1000), st.floats(-2, 2), st.floats(-2, 2))
def test_the_gradients_of_an_epoch_average_to_that_of_the_loss(seed, x, y):
    over, theta = minibatch(), np.array([x, y])
    slopes = batches.slopes_of(over, seed, 6, batches.SAMPLES // 6)
    assert np.mean([slope(theta) for slope in slopes], axis=0) == pytest.approx(over.gradient(theta), abs=1e-12)


def test_the_whole_batch_is_the_loss_itself():
    whole = optimize("minibatch", ["gd"], steps=30, batch=48).paths[0]
    assert whole.loss == tuple(sorted(whole.loss, reverse=True))


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([name for name, rule in RULES.items() if rule.gradients == 1 and name not in ("sign", "lion")]),
    st.integers(2, 48), st.integers(1, 48), st.integers(0, 99),
)  # fmt: skip
def test_the_accumulated_path_lies_on_the_big_batchs(method, batch, micro, seed):
    micro = min(micro, batch)
    found = batches.accumulate(method, None, batch, micro, 12, seed)
    assert found.apart < 1e-9
    assert sum(found.pieces) == batch and max(found.pieces) == micro
    short = batch % micro != 0
    assert (found.unweighted_apart is not None) == short
    assert [track.name for track in found.tracks] == ["big", "accumulated", *["unweighted"] * short, "micro"]
    assert all(len(track.x) == 13 for track in found.tracks)


def test_the_mean_of_means_and_an_update_each_time_go_elsewhere():
    found = batches.accumulate("momentum", None, 24, 5, 40, 1)
    tracks = {track.name: np.array([track.x, track.y]) for track in found.tracks}
    assert found.unweighted_apart > 1e-3
    assert np.abs(tracks["micro"] - tracks["big"]).max() > 1e-2


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        ({"method": "heun"}, "accumulate_one_gradient"),
        ({"method": "x"}, "method_unknown"),
        ({"batch": 49}, "whole_wanted"),
        ({"micro": 25}, "whole_wanted"),
        ({"updates": 10**7}, "whole_wanted"),
        ({"rate": 0}, "method_parameter"),
        ({"seed": None}, "whole_wanted"),
    ],
)
def test_accumulation_that_is_refused(wanted, key):
    with pytest.raises(VisitorError) as caught:
        batches.accumulate(**wanted)
    assert caught.value.key == key
