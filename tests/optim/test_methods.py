"""Update rules in NumPy against Keras' own classes on the same gradients, and what each promises."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import backend
from core.errors import VisitorError
from core.optim import settings as chosen
from core.optim.losses import surface
from core.optim.methods import RULES, walk
from core.optim.settings import Setting, leapfrog, setting

BOWL = surface("bowl")
STEPS = 25
PAIRS = {  # ours → Keras', both with the same parameters
    "gd": (Setting("gd", 0.05), "SGD", {"learning_rate": 0.05}),
    "momentum": (Setting("momentum", 0.05, 0.8), "SGD", {"learning_rate": 0.05, "momentum": 0.8}),
    "nesterov": (Setting("nesterov", 0.05, 0.8), "SGD", {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True}),
    "rmsprop": (
        Setting("rmsprop", 0.01, 0.85, epsilon=1e-5), "RMSprop", {"learning_rate": 0.01, "rho": 0.85, "epsilon": 1e-5}
    ),
    "adam": (
        Setting("adam", 0.02, 0.8, 0.95, 1e-6), "Adam",
        {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-6},
    ),
    "adamw": (
        Setting("adamw", 0.02, 0.8, 0.95, 1e-6, 0.1), "AdamW",
        {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-6, "weight_decay": 0.1},
    ),
    "lion": (
        Setting("lion", 0.01, 0.8, 0.95, decay=0.1), "Lion",
        {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "weight_decay": 0.1},
    ),
    "adagrad": (
        Setting("adagrad", 0.1, epsilon=1e-5), "Adagrad",
        {"learning_rate": 0.1, "initial_accumulator_value": 0.0, "epsilon": 1e-5},
    ),
    "adadelta": (
        Setting("adadelta", 0.5, 0.9, epsilon=1e-4), "Adadelta", {"learning_rate": 0.5, "rho": 0.9, "epsilon": 1e-4}
    ),
}  # fmt: skip


def path_of(p, start, gradients):
    """θ after each step, of any shape, from gradients that hang on nothing."""
    state, theta, path = {}, start, []
    for gradient in gradients:
        theta, _ = RULES[p.method].step(theta, lambda _, g=gradient: g, state, p)
        path.append(theta)
    return np.array(path)


def keras_path(optimizer, start, gradients):
    tf = backend.load().tf
    variable = tf.Variable(start)
    path = []
    for gradient in gradients:
        optimizer.apply_gradients([(tf.constant(gradient), variable)])
        path.append(variable.numpy())
    return np.array(path)


def gradients_for(seed, shape):
    noise = np.random.default_rng(seed)
    return noise.normal(0, 1, (STEPS, *shape)) * noise.uniform(0.01, 10, (STEPS, *[1] * len(shape)))


@pytest.mark.parametrize("method", PAIRS)
@pytest.mark.parametrize("shape", [(2,), (3, 4)])
def test_rules_are_those_of_keras(method, shape):
    ours, name, parameters = PAIRS[method]
    start, gradients = np.random.default_rng(5).normal(0, 1, shape), gradients_for(7, shape)
    optimizer = getattr(backend.load().keras.optimizers, name)(**parameters)
    path = keras_path(optimizer, start, gradients)
    assert path.dtype == np.float64
    assert path_of(ours, start, gradients) == pytest.approx(path, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("method", "name"), [("gd", "SGD"), ("rmsprop_scalar", "ScalarRMSprop"), ("rmsprop", "ElementwiseRMSprop")]
)
def test_rules_are_those_of_our_own_keras_optimizers(method, name):
    import core.optim

    ours = setting(
        {"method": method, "rate": 0.03, **({} if method == "gd" else {"beta1": 0.8, "epsilon": 1e-5})}, BOWL
    )
    parameters = {} if method == "gd" else {"rho": 0.8, "epsilon": 1e-5}
    start, gradients = np.random.default_rng(5).normal(0, 1, (2, 3)), gradients_for(8, (2, 3))
    path = keras_path(getattr(core.optim, name)(learning_rate=0.03, **parameters), start, gradients)
    assert path_of(ours, start, gradients) == pytest.approx(path, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("method", ["gd", "heun", "rk4"])
def test_the_flows_methods_are_those_of_our_keras_training_step(method):
    from core.optim import integrating

    keras = backend.load().keras
    noise = np.random.default_rng(2)
    x, y = noise.normal(0, 1, (8, 2)), noise.normal(0, 1, (8, 1))
    inputs, layer = keras.Input((2,)), keras.layers.Dense(1, use_bias=False)
    model = integrating()(inputs, layer(inputs))
    model.compile(0.2, "mse", method={"gd": "euler"}.get(method, method))
    start = layer.get_weights()[0]
    model.fit(x, y, batch_size=8, epochs=12, verbose=0)
    slopes = [lambda theta: 2 / 8 * x.T @ (x @ theta - y[:, 0])] * 12
    points, _, _ = walk(Setting(method, 0.2), start[:, 0], slopes, 1e6)
    assert layer.get_weights()[0][:, 0] == pytest.approx(points[-1], rel=1e-5, abs=1e-6)


# ---- what each promises


@pytest.mark.parametrize("method", RULES)
def test_every_method_comes_down_every_bowl(method):
    for condition, turn in ((1, 0), (10, 0), (40, 30)):
        over = surface("bowl", condition, turn)
        points, times, undefined = walk(chosen.usual(method, over), over.start, [over.gradient] * 600, 1e6)
        losses = over.value(*points.T)
        assert losses[-20:].max() < 0.2 * losses[0]
        assert len(points) == len(times) == 601 and not undefined
        assert (np.diff(times) >= 0).all()


@pytest.mark.parametrize("method", RULES)
def test_a_step_takes_as_many_gradients_as_it_says(method):
    taken = []

    def slope(theta):
        taken.append(theta)
        return BOWL.gradient(theta)

    walk(chosen.usual(method, BOWL), BOWL.start, [slope] * 10, 1e6)
    assert len(taken) == 10 * RULES[method].gradients


def test_only_adagrad_and_adadelta_are_ours():
    assert {name for name, rule in RULES.items() if rule.ours} == {"adagrad", "adadelta"}


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(0.0, 0.99))
def test_scalar_rmsprop_keeps_the_direction_and_element_wise_does_not(a, b, rho):
    gradient = np.array([a, b])
    if min(abs(a), abs(b)) < 1e-3:
        return
    for method in ("rmsprop_scalar", "rmsprop"):
        p = Setting(method, 0.1, rho, epsilon=1e-12)
        moved = -path_of(p, np.zeros(2), [gradient])[0]
        turned = moved[0] * b - moved[1] * a
        if method == "rmsprop_scalar":
            assert turned == pytest.approx(0, abs=1e-9 * np.hypot(a, b))
            assert np.hypot(*moved) == pytest.approx(0.1 / math.sqrt(1 - rho), rel=1e-4)  # G began at 0
        else:
            assert np.abs(moved) == pytest.approx([0.1 / math.sqrt(1 - rho)] * 2, rel=1e-4)


def test_epsilon_stands_inside_the_root():
    p = Setting("rmsprop", 1.0, 0.0, epsilon=9.0)
    assert path_of(p, np.zeros(1), [np.array([4.0])])[0] == pytest.approx(-4 / 5)  # 4/√(16 + 9)


def test_sign_descent_is_rmsprop_without_memory():
    gradients = gradients_for(3, (4,))
    sign = path_of(Setting("sign", 0.1), np.zeros(4), gradients)
    assert path_of(Setting("rmsprop", 0.1, 0.0, epsilon=0.0), np.zeros(4), gradients) == pytest.approx(sign)


@given(st.floats(1e-4, 1.0), st.floats(0.0, 0.99))
def test_momentum_is_leapfrog(rate, beta):
    """Central differences of θ'' + λθ' = −g: (θ₊ − 2θ + θ₋)/γ² + λ(θ₊ − θ₋)/(2γ) = −g."""
    step, friction = leapfrog(rate, beta)
    assert (1 - friction * step / 2) / (1 + friction * step / 2) == pytest.approx(beta, abs=1e-12)
    assert step**2 / (1 + friction * step / 2) == pytest.approx(rate)
    gradients = [np.array([1.0]), np.array([-2.0]), np.array([0.5])]
    before, now, after = path_of(Setting("momentum", rate, beta), np.zeros(1), gradients)
    left = (after - 2 * now + before) / step**2 + friction * (after - before) / (2 * step)
    assert left == pytest.approx(-gradients[2], rel=1e-6, abs=1e-6 / step**2)


@pytest.mark.parametrize(
    "method", ["adam", "adamw", "lion", "rmsprop", "rmsprop_scalar", "adagrad", "adadelta", "sign"]
)
def test_a_flat_place_is_no_error(method):
    p = setting({"method": method}, BOWL)
    state = {}
    theta, time = RULES[method].step(np.zeros(2), np.zeros_like, state, p)
    assert theta == pytest.approx([0, 0]) and math.isfinite(time)


def test_a_flat_place_without_epsilon_ends_the_path():
    for method in ("rmsprop", "rmsprop_scalar"):
        p = setting({"method": method, "epsilon": 0.0}, BOWL)
        points, _, undefined = walk(p, (0.0, 0.0), [BOWL.gradient] * 5, 1e6)
        assert len(points) == 1 and undefined


# ---- settings


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        ("sgd", "method_unknown"),
        (3, "method_unknown"),
        ({}, "method_unknown"),
        ({"method": ["gd"]}, "method_unknown"),
        ({"method": "gd", "beta1": 0.5}, "method_word"),
        ({"method": "gd", "rate": 0}, "method_parameter"),
        ({"method": "gd", "rate": -1}, "method_parameter"),
        ({"method": "gd", "rate": 1e10}, "method_parameter"),
        ({"method": "gd", "rate": math.nan}, "method_parameter"),
        ({"method": "gd", "rate": "fast"}, "method_parameter"),
        ({"method": "gd", "rate": True}, "method_parameter"),
        ({"method": "gd", "rate": 10**400}, "method_parameter"),
        ({"method": "momentum", "beta1": 1.0}, "method_share"),
        ({"method": "adam", "beta2": -0.1}, "method_share"),
        ({"method": "adam", "epsilon": 2}, "method_not_below"),
        ({"method": "lion", "decay": math.inf}, "method_not_below"),
    ],
)
def test_settings_that_are_refused(wanted, key):
    with pytest.raises(VisitorError) as caught:
        setting(wanted, BOWL, 4)
    assert caught.value.key == key
    assert "4" in caught.value.sentence("zh")


def test_settings_that_are_taken():
    assert setting("adam", BOWL) == setting({"method": "adam", "rate": None}, BOWL) == chosen.usual("adam", BOWL)
    assert setting({"method": "gd", "rate": 1e9}, BOWL).rate == 1e9
    own = setting({"method": "adam", "rate": 0.3, "beta1": 0.0}, BOWL)
    assert setting(own, BOWL) == own and own.beta2 == 0.999


@settings(deadline=None)
@given(st.sampled_from(list(RULES)), st.floats(1e-9, 1e9), st.integers(1, 40))
def test_paths_end_rather_than_overflow(method, rate, steps):
    over = surface("beale")
    points, times, _ = walk(setting({"method": method, "rate": rate}, over), over.start, [over.gradient] * steps, 1e4)
    assert np.isfinite(points).all() and np.abs(points).max() < 1e4
    assert len(points) == len(times) <= steps + 1
