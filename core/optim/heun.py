"""Heun, RK4 and RK23 as a Keras model's training step: post 2's "injected" optimizer (archives/5879), today's way.

Gradient descent is Euler's method on the flow θ' = −∇L(θ) with the learning rate as its step h.  A Runge–Kutta method
takes the gradient several times on the same batch, at places that it goes to and comes back from, and makes one step
of their weighted mean (g₁ at θ, gᵢ at θ − h·Σⱼ aᵢⱼ·gⱼ):

    θ ← θ − h·Σ bᵢ·gᵢ

    method   order   gradients a step   −∇L = −λθ is stable for
    euler      1            1            0 < hλ < 2
    heun       2            2            0 < hλ < 2
    rk4        4            4            0 < hλ < 2.785
    rk23       3            4            any: it finds h by itself

The post replaced Keras' compiled training function; a `train_step` is enough now.

    Model = integrating()                                         # or integrating(YourModel)
    model = Model(inputs, outputs)
    model.compile(0.1, "mse", method="heun")                      # the step h, or a plain SGD with a schedule
    model.compile(0.1, "mse", method="rk23", rtol=1e-2)           # h is where it starts
    model.fit(x, y)

As the post says, such optimizers do not train better: the flow of a batch is followed more truly, and the batch's flow
is not what one wants.  On the whole data they show what the flow itself does.  Dropout draws anew at each of the
gradients, and batch normalisation counts each of them.

RK23 is the pair of Bogacki and Shampine (1989, Appl. Math. Lett. 2, 321–325); its step control that of Hairer, Nørsett
and Wanner (Solving Ordinary Differential Equations I, II.4), with SciPy's constants.
"""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any

from core.optim import frameworks

SAFETY, LEAST, MOST = 0.9, 0.2, 10.0  # of the step that the error asks for; how far a step may shrink and grow at once


@dataclass(frozen=True)
class Tableau:
    """A method by Butcher's numbers.

    order: of the error of a whole path, O(h^order); a: row i says where gradient i is taken; b: weights of the step;
    error: b minus the weights of a step one order lower, from which the error of b's step is estimated; None: no
    estimate.
    """

    order: int
    a: tuple[tuple[float, ...], ...]
    b: tuple[float, ...]
    error: tuple[float, ...] | None = None


METHODS = {
    "euler": Tableau(1, ((),), (1.0,)),
    "heun": Tableau(2, ((), (1.0,)), (1 / 2, 1 / 2)),
    "rk4": Tableau(4, ((), (1 / 2,), (0.0, 1 / 2), (0.0, 0.0, 1.0)), (1 / 6, 1 / 3, 1 / 3, 1 / 6)),
    "rk23": Tableau(
        3,
        ((), (1 / 2,), (0.0, 3 / 4), (2 / 9, 1 / 3, 4 / 9)),
        (2 / 9, 1 / 3, 4 / 9, 0.0),
        (-5 / 72, 1 / 12, 1 / 9, -1 / 8),
    ),
}


def integrating(base: type | None = None) -> type:
    """A class of models that are trained by a Runge–Kutta method; a new class at each call.

    Args:
        base: a subclass of tf_keras' `Model`; None: that one.  Its `train_step` is replaced, its `compute_loss` and
            metrics are used: they are those of the place where a step begins.

    Returns:
        A subclass of it.  `compile` takes `method`, and `model.flow` holds `time` (the sum of all h), `gradients` (how
        many were taken) and `rejected` (steps of RK23 that were too long), which checkpoints of the model hold too.

    Raises:
        ValueError: base is of Keras 3.
    """
    if base is not None and frameworks.is_keras_3(base):
        raise ValueError("integrating wants a model of tf_keras")
    tf, keras = frameworks.tensorflow(), frameworks.keras_of(None)
    base = base or keras.Model

    class Flow(tf.__internal__.tracking.AutoTrackable):
        def __init__(self) -> None:
            self.time = tf.Variable(0.0, dtype=tf.float64, trainable=False)
            self.gradients = tf.Variable(0, dtype=tf.int64, trainable=False)
            self.rejected = tf.Variable(0, dtype=tf.int64, trainable=False)

    @keras.utils.register_keras_serializable("wanzhuan", "Integrating" + base.__name__)
    class Integrating(base):
        def compile(
            self,
            optimizer: Any = 0.01,
            *args: Any,
            method: str = "heun",
            rtol: float = 1e-3,
            atol: float = 1e-6,
            longest: float = float("inf"),
            attempts: int = 10,
            **kwargs: Any,
        ) -> None:
            """`keras.Model.compile`, with

            optimizer: the step h above 0, or a plain SGD that holds it (a schedule too, but for RK23).
            method: "euler", "heun", "rk4" or "rk23".
            rtol, atol, longest, attempts: of RK23: a step's estimated error, as a root mean square over all parameters
                of error/(atol + rtol·|θ|), stays under 1; no step is longer than `longest`; after so many attempts a
                batch is passed over and the next one begins with the last, shortest step.

            Raises:
                ValueError: another method or optimizer, a value out of range, several replicas.
            """
            if method not in METHODS:
                raise ValueError(f"method must be one of {', '.join(METHODS)}: {method!r}")
            if not (rtol >= 0 and atol >= 0 and rtol + atol > 0 and longest > 0 and attempts >= 1):
                raise ValueError("rtol and atol must be at least 0 and not both 0, longest above 0, attempts from 1")
            if tf.distribute.get_strategy().num_replicas_in_sync > 1:
                raise ValueError("a Runge–Kutta step runs on one replica")
            if isinstance(optimizer, numbers.Real):
                from core.optim.rmsprop import SGD

                if not 0 < optimizer < float("inf"):
                    raise ValueError(f"the step must be above 0 and finite: {optimizer}")
                optimizer = SGD(float(optimizer))
            plain = type(optimizer).__name__ == "SGD" and not getattr(optimizer, "momentum", 0)
            if not plain or isinstance(optimizer, keras.optimizers.legacy.Optimizer):
                raise ValueError("a Runge–Kutta method steps by itself: give its step, or a plain SGD with it")
            if METHODS[method].error and frameworks.schedule(optimizer) is not None:
                raise ValueError("rk23 finds its steps by itself: give the first one, no schedule")
            base.compile(self, optimizer, *args, **kwargs)
            self._method, self._control = METHODS[method], (rtol, atol, longest, attempts)
            self.flow = Flow()

        def train_step(self, data: Any) -> dict[str, Any]:
            x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
            variables, optimizer = self.trainable_variables, self.optimizer

            def gradients() -> tuple[Any, list[Any]]:
                with tf.GradientTape() as tape:
                    predicted = self(x, training=True)
                    loss = self.compute_loss(x, y, predicted, weights)
                pairs = frameworks.gradients(optimizer, loss, variables, tape)
                self.flow.gradients.assign_add(1)
                # a variable without a gradient stays where it is; rows of an embedding are added up with others'
                return predicted, [tf.zeros_like(v) if g is None else tf.convert_to_tensor(g) for g, v in pairs]

            predicted, first = gradients()
            start = [tf.identity(variable) for variable in variables]
            measured = [variable for metric in self.metrics for variable in metric.variables]
            kept = [tf.identity(variable) for variable in measured]

            def slopes(h: Any) -> list[list[Any]]:
                """All gradients of a step of h; the variables are elsewhere after it."""
                found = [first]
                for row in self._method.a[1:]:
                    _assign(variables, start, h, _mixed(row, found))
                    found.append(gradients()[1])
                return found

            if self._method.error is None:
                h = frameworks.learning_rate(optimizer)
                step = _mixed(self._method.b, slopes(h))
                accepted = tf.constant(True)
            else:
                accepted, h, after, step = self._tried(first, start, slopes)
                optimizer.learning_rate.assign(h)

            for variable, value in zip((*variables, *measured), (*start, *kept), strict=True):
                variable.assign(value)  # also the metrics: each of the gradients has counted its loss

            def go() -> None:
                optimizer.apply_gradients(zip(step, variables, strict=True))
                self.flow.time.assign_add(tf.cast(h, tf.float64))

            if self._method.error is None:
                go()
                return self.compute_metrics(x, y, predicted, weights)
            with tf.init_scope():
                optimizer.build(variables)  # it cannot be done inside tf.cond
            tf.cond(accepted, lambda: (go(), 0)[1], lambda: 0)
            optimizer.learning_rate.assign(after)
            return {**self.compute_metrics(x, y, predicted, weights), "step": h}

        def _tried(self, first: list[Any], start: list[Any], slopes: Any) -> tuple[Any, Any, Any, list[Any]]:
            """Steps tried on one batch until one is near enough: whether, how long, the next length, its gradient."""
            rtol, atol, longest, attempts = self._control
            kind = self.optimizer.learning_rate.dtype
            exponent = -1 / self._method.order

            def attempt(number: Any, _: Any, h: Any, __: Any, ___: Any) -> tuple:
                found = slopes(h)
                step, error = _mixed(self._method.b, found), _mixed(self._method.error, found)
                squares, count = [], sum(int(_numbers_in(value)) for value in start)
                for value, move, wrong in zip(start, step, error, strict=True):
                    long = tf.cast(h, value.dtype)
                    scale = atol + rtol * tf.maximum(tf.abs(value), tf.abs(value - long * move))
                    squares.append(tf.cast(tf.reduce_sum((long * wrong / scale) ** 2), tf.float64))
                norm = tf.sqrt(tf.add_n(squares) / count)
                near = norm < 1
                factor = tf.cast(SAFETY * tf.maximum(norm, 1e-30) ** exponent, kind)
                # not finite: as short as it may get; after a failure a step must not grow at once
                shorter = tf.where(tf.math.is_finite(norm), tf.maximum(factor, LEAST), LEAST)
                longer = tf.minimum(factor, tf.where(number > 0, 1.0, MOST))
                after = tf.minimum(h * tf.where(near, longer, shorter), longest)
                self.flow.rejected.assign_add(tf.cast(~near, tf.int64))
                return number + 1, near, tf.where(near, h, after), after, step

            h = tf.minimum(tf.identity(self.optimizer.learning_rate), longest)
            begin = (tf.constant(0), tf.constant(False), h, h, first)
            _, accepted, h, after, step = tf.while_loop(
                lambda number, near, *_: ~near & (number < attempts), attempt, begin
            )
            return accepted, h, after, step

    return Integrating


def _numbers_in(value: Any) -> int:
    """How many numbers a tensor of known shape has."""
    return value.shape.num_elements()


def _mixed(weights: tuple[float, ...], gradients: list[list[Any]]) -> list[Any]:
    """Σ weightᵢ·gᵢ for each variable; weights of 0 cost nothing."""
    used = [(weight, gradient) for weight, gradient in zip(weights, gradients, strict=True) if weight]
    return [sum(weight * gradient[i] for weight, gradient in used) for i in range(len(gradients[0]))]


def _assign(variables: list[Any], start: list[Any], h: Any, mixed: list[Any]) -> None:
    """Each variable to start − h·mixed."""
    tf = frameworks.tensorflow()
    for variable, value, gradient in zip(variables, start, mixed, strict=True):
        variable.assign(value - tf.cast(h, value.dtype) * gradient)
