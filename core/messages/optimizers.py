"""Sentences about optimizers: surfaces, methods, paths."""

SENTENCES: dict[str, tuple[str, str]] = {
    "loss_empty": (
        "There is no formula: type a loss in x and y, such as x^2 + 10 y^2.",
        "还没有式子：请输入 x、y 的损失函数，如 x^2 + 10 y^2。",
    ),
    "loss_word": (
        "“{word}” is not known here: use x, y, numbers, pi, e, and functions such as sin(x), exp(y), sqrt(x), abs(y).",
        "不认识“{word}”：请用 x、y、数字、pi、e，以及 sin(x)、exp(y)、sqrt(x)、abs(y) 之类的函数。",
    ),
    "loss_form": (
        "“{text}” is no formula that can be read: write it like x^2 + 10 y^2 or sin(3x) + x^2 + y^2.",
        "“{text}”不是能读懂的式子：请写成 x^2 + 10 y^2 或 sin(3x) + x^2 + y^2 这样。",
    ),
    "loss_nowhere": (
        "This formula has no finite value anywhere on the map: change it, or the map’s reach.",
        "这个式子在整个图面上都没有有限的值：请修改式子或图面范围。",
    ),
    "start_outside": (
        "The start ({x:.4g}, {y:.4g}) lies outside the surface: choose x from {x0:g} to {x1:g}, "
        "y from {y0:g} to {y1:g}.",
        "起点 ({x:.4g}, {y:.4g}) 在曲面之外：x 请取 {x0:g} 到 {x1:g}，y 请取 {y0:g} 到 {y1:g}。",
    ),
    "start_undefined": (
        "The loss has no finite slope at the start ({x:.4g}, {y:.4g}): start somewhere else.",
        "损失在起点 ({x:.4g}, {y:.4g}) 没有有限的斜率：请换一个起点。",
    ),
    "steps_wrong": (
        "The number of steps must be a whole number from 1 to {most:,}.",
        "步数须为 1 到 {most:,} 的整数。",
    ),
    "steps_long_formula": (
        "With a formula this long at most {most:,} steps can be taken: take fewer steps, or shorten it.",
        "式子这么长，最多只能走 {most:,} 步：请减少步数，或缩短式子。",
    ),
    "methods_none": ("Choose at least one method.", "请至少选择一种方法。"),
    "methods_many": (
        "At most {most} methods run at once: leave some out.",
        "最多同时运行 {most} 种方法：请去掉一些。",
    ),
    "method_unknown": (
        "Method {number} is unknown: choose one of {choices}.",
        "第 {number} 个方法无法识别：请从 {choices} 中选择。",
    ),
    "method_parameter": (
        "Method {number}: {name} must be a number above {least} and up to {most}.",
        "第 {number} 个方法：{name} 须为大于 {least}、不超过 {most} 的数。",
    ),
    "method_share": (
        "Method {number}: {name} must be a number from 0 up to, but not, 1.",
        "第 {number} 个方法：{name} 须为不小于 0、小于 1 的数。",
    ),
    "method_not_below": (
        "Method {number}: {name} must be a number from {least} to {most}.",
        "第 {number} 个方法：{name} 须为 {least} 到 {most} 的数。",
    ),
    "method_word": (
        "Method {number} has no parameter “{word}”: give some of {choices}.",
        "第 {number} 个方法没有参数“{word}”：可用的有 {choices}。",
    ),
    "whole_wanted": (
        "{name} must be a whole number from {least} to {most}.",
        "{name} 须为 {least} 到 {most} 的整数。",
    ),
    "memory_run_ended": (
        "The run of {way} ended with code {code}, perhaps for want of memory: choose smaller --samples, --length or "
        "--layers.  It last said: {why}",
        "{way} 这一次以代码 {code} 结束，也许是内存不够：请把 --samples、--length 或 --layers 调小。最后的输出：{why}",
    ),
    "accumulate_one_gradient": (
        "Accumulation is shown for methods that take one gradient a step: choose another than Heun and RK4.",
        "梯度累积只演示每步求一次梯度的方法：请换掉 Heun 与 RK4。",
    ),
}
