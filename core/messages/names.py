"""What sentences call the settings and surfaces that the code knows by a name."""

NAMES: dict[str, tuple[str, str]] = {
    "angle": ("angle", "角度"),
    "batch": ("batch", "批量"),
    "beams": ("beams", "束宽"),
    "count": ("count", "标题个数"),
    "digits": ("digits", "位数"),
    "kind": ("kind", "类型"),
    "length_penalty": ("length_penalty", "长度惩罚"),
    "max_length": ("max_length", "最长长度"),
    "method": ("method", "方法"),
    "methods": ("methods", "方法"),
    "min_length": ("min_length", "最短长度"),
    "micro": ("micro-batch", "小批量"),
    "parameter": ("parameter", "参数"),
    "passages": ("passages", "段落数"),
    "reach": ("R", "R"),
    "seed": ("seed", "种子"),
    "steps": ("steps", "步数"),
    "surface": ("surface", "曲面"),
    "temperature": ("temperature", "温度"),
    "threshold": ("threshold", "阈值"),
    "tilt": ("tilt", "倾角"),
    "turn": ("turn", "旋转角度"),
    "updates": ("updates", "更新次数"),
}

# of `core.optim.losses`; the page calls them the same
SURFACES: dict[str, tuple[str, str]] = {
    "bowl": ("quadratic bowl", "二次碗"),
    "rosenbrock": ("Rosenbrock", "Rosenbrock 香蕉谷"),
    "himmelblau": ("Himmelblau", "Himmelblau 四谷"),
    "beale": ("Beale", "Beale"),
    "rastrigin": ("Rastrigin", "Rastrigin 蛋托"),
    "saddle": ("saddle", "鞍面"),
    "minibatch": ("noisy mini-batch loss", "小批量的带噪损失"),
}
