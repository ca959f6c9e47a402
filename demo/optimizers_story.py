"""The five steps of post 3 (https://kexue.fm/archives/6234) as settings of the page's controls, each in our words and
with its formula; the words stand in `demo/words/optimizers.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

FIRST, FREE = "1", "free"  # what the page begins with; no story at all


@dataclass(frozen=True)
class Stage:
    """A step of the argument: its formula (LaTeX), what the controls are set to, and its methods with parameters."""

    tex: str
    surface: str = "bowl"
    controls: dict[str, Any] = field(default_factory=dict)
    methods: tuple[dict[str, Any], ...] = ()


def _m(method: str, rate: float, **more: float) -> dict[str, Any]:
    return {"method": method, "rate": rate, **more}


STORY: dict[str, Stage] = {
    "1": Stage(
        r"\dot\theta = -\nabla L(\theta)\quad\Longrightarrow\quad \theta_{n+1} = \theta_n - h\,\nabla L(\theta_n)",
        controls={"condition": 10, "turn": 0, "x": -1.7, "y": 1.2, "steps": 60},
        methods=(_m("gd", 0.05), _m("gd", 0.19), _m("gd", 0.21), _m("heun", 0.19), _m("rk4", 0.27)),
    ),
    "2": Stage(
        r"\theta(t+h) - \theta_{n+1} \approx \tfrac{h^2}{2}\,\ddot\theta = \tfrac{h^2}{2}\,\nabla^2\!L\,\nabla L,"
        r"\qquad h\,\lVert\nabla L\rVert = \tilde h",
        surface="formula",
        controls={"formula": "x^4 + y^2/4 + x y/4", "reach": 2, "x": 1.8, "y": 1.8, "steps": 60},
        methods=(_m("gd", 0.02), _m("gd", 0.1), _m("gd", 0.15), _m("heun", 0.1), _m("rk4", 0.1)),
    ),
    "3": Stage(
        r"h = \frac{\tilde h}{|L'|}\quad\Longrightarrow\quad "
        r"\theta_{n+1} = \theta_n - \tilde h\,\operatorname{sign} L'",
        controls={"condition": 10, "turn": 0, "x": -1.7, "y": 0.9, "steps": 60},
        methods=(_m("gd", 0.05), _m("sign", 0.03), _m("sign", 0.1), _m("sign", 0.37)),
    ),
    "4": Stage(
        r"G \leftarrow \rho\,G + (1-\rho)\,|L'|^2,\qquad h = \frac{\tilde h}{\sqrt{G+\varepsilon}}",
        surface="minibatch",
        controls={"batch": 6, "seed": 1, "x": -1.5, "y": 1.3, "steps": 80},
        methods=(
            _m("sign", 0.1),
            _m("rmsprop", 0.1, beta1=0.5),
            _m("rmsprop", 0.1, beta1=0.9),
            _m("rmsprop", 0.1, beta1=0.97),
        ),
    ),
    "5": Stage(
        r"G \leftarrow \rho\,G + (1-\rho)\,\lVert\nabla L\rVert^2,\qquad "
        r"G_i \leftarrow \rho\,G_i + (1-\rho)\,(\partial_i L)^2",
        controls={"condition": 20, "turn": 30, "x": -1.8, "y": 0.4, "steps": 100},
        methods=(_m("gd", 0.05), _m("rmsprop_scalar", 0.03), _m("rmsprop", 0.03)),
    ),
}
