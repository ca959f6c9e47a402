"""What sentences call the settings and surfaces that the code knows by a name."""

NAMES: dict[str, tuple[str, str]] = {
    "angle": ("angle", "角度"),
    "batch": ("batch", "批量"),
    "digits": ("digits", "位数"),
    "methods": ("methods", "方法"),
    "micro": ("micro-batch", "小批量"),
    "parameter": ("parameter", "参数"),
    "passages": ("passages", "段落数"),
    "reach": ("R", "R"),
    "seed": ("seed", "种子"),
    "steps": ("steps", "步数"),
    "surface": ("surface", "曲面"),
    "threshold": ("threshold", "阈值"),
    "tilt": ("tilt", "倾角"),
    "turn": ("turn", "旋转角度"),
    "updates": ("updates", "更新次数"),
    # surfaces
    "bowl": ("quadratic bowl", "二次碗"),
    "rosenbrock": ("Rosenbrock", "Rosenbrock 香蕉谷"),
    "himmelblau": ("Himmelblau", "Himmelblau 四谷"),
    "beale": ("Beale", "Beale"),
    "rastrigin": ("Rastrigin", "Rastrigin 蛋托"),
    "saddle": ("saddle", "鞍面"),
    "minibatch": ("noisy mini-batch loss", "小批量的带噪损失"),
}
