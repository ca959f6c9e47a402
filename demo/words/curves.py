"""Words of the tab 绳."""

WORDS: dict[str, tuple[str, str]] = {
    "tab_curves": ("Ropes", "绳"),
    "curves_panel": ("What to look at", "看什么"),
    "curves_panel_rope": ("Skipping rope", "跳绳"),
    "curves_panel_chain": ("Hanging chain", "悬链"),
    "curves_panel_fit": ("Fit a chain", "拟合链子"),
    "curves_panel_turning": ("Turning with gravity", "带重力的转绳"),
    "curves_panel_pole": ("On a turning pole", "转杆上的绳"),
    "curves_span": ("Span D, m", "跨度 D（米）"),
    "curves_length": ("Length L, m", "绳长 L（米）"),
    "curves_turns": ("Turns a second, ω/2π", "每秒转数 ω/2π"),
    "curves_density": ("Density ρ, g/m", "线密度 ρ（克/米）"),
    "curves_spin": ("Turn / stop", "转动／停下"),
    "curves_given": ("What is given", "已知量"),
    "curves_given_length": ("Length", "长度"),
    "curves_given_sag": ("Sag", "垂度"),
    "curves_given_tension": ("Horizontal tension", "水平张力"),
    "curves_given_clearance": ("Height of the lowest point", "最低点高度"),
    "curves_sag": ("Sag f, m", "垂度 f（米）"),
    "curves_tension": ("Horizontal tension H, N", "水平张力 H（牛）"),
    "curves_clearance": ("Height of the lowest point c, m", "最低点高度 c（米）"),
    "curves_y1": ("Height of the left support, m", "左支点高度（米）"),
    "curves_y2": ("Height of the right support, m", "右支点高度（米）"),
    "curves_weight": ("Weight w, N/m", "单位长度重量 w（牛/米）"),
    "curves_source": ("Points from", "点的来源"),
    "curves_source_text": ("Numbers", "数字"),
    "curves_source_photo": ("A photograph", "照片"),
    "curves_points": ("Points, a pair x, y a line", "点：每行一对 x, y"),
    "curves_open_points": ("Open a csv file", "打开 csv 文件"),
    "curves_open_photo": ("Open a photograph", "打开照片"),
    "curves_fit": ("Fit", "拟合"),
    "curves_tilt": ("Tilt of the picture, degrees", "画面倾角（度）"),
    "curves_fit_tilt": ("Find the tilt too", "倾角也一并拟合"),
    "curves_photo": ("Click along the chain", "沿着链子点击"),
    "curves_clicks": ("A click sets", "点击用于"),
    "curves_clicks_chain": ("a point of the chain", "标出链上的点"),
    "curves_clicks_scale": ("an end of the scale", "标出比例尺的端点"),
    "curves_scale": ("Length between the ends of the scale", "比例尺两端的实际距离"),
    "curves_undo": ("Undo", "撤销"),
    "curves_clear": ("Clear", "清空"),
    "curves_example_points": ("A chain with three wrong points", "混入三个错点的链子"),
    "curves_example_parabola": ("A suspension bridge (a parabola)", "悬索桥（抛物线）"),
    "curves_example_photo": ("A chain on a wall", "墙上的链子"),
    "curves_x1": ("First end, from the axis x₁, m", "第一端到转轴 x₁（米）"),
    "curves_z1": ("First end, height z₁, m", "第一端高度 z₁（米）"),
    "curves_x2": ("Second end, from the axis x₂, m", "第二端到转轴 x₂（米）"),
    "curves_z2": ("Second end, height z₂, m", "第二端高度 z₂（米）"),
    "curves_gravity": ("Gravity g, m/s²", "重力加速度 g（米/秒²）"),
    "curves_branch": ("Followed from", "从何处延拓而来"),
    "curves_branch_0": ("the hanging chain", "悬链"),
    "curves_branch_1": ("a skipping rope", "跳绳"),
    "curves_branch_-1": ("a skipping rope, other side", "跳绳，另一侧"),
    "curves_branch_2": ("two half waves", "两个半波"),
    "curves_branch_-2": ("two half waves, other side", "两个半波，另一侧"),
    "curves_branch_3": ("three half waves", "三个半波"),
    "curves_branch_-3": ("three half waves, other side", "三个半波，另一侧"),
    "curves_arm": ("Arm r₀, m", "臂长 r₀（米）"),
    "curves_shape": ("Shape that turns", "转动的是哪一种"),
}

PHRASES: dict[str, tuple[str, str]] = {
    "curves_story": (
        "A chain that hangs and a rope that is swung look alike and are not. Move the sliders and see.",
        "垂着的链子和甩起来的绳子看着像，其实不是一种曲线。拖动滑块看看。",
    ),
    "curves_rope_story": (
        "What holds the shape? The farther a piece of rope is from the axis, the harder it pulls outwards, and the "
        "tension of its neighbours must balance that. Turn faster and the pull and the tension grow alike: the shape "
        "stays as it is, and your hands feel the difference. The shape hangs on length over span alone, which the post "
        "left out: without the length the curve never meets the axis.",
        "是什么撑住了形状？离转轴越远的一段绳，向外拉得越狠，要靠两旁的张力平衡。转得更快时，"
        "拉力与张力同比增大：形状不变，变的是手上的力。形状只取决于绳长与跨度之比，原文恰好漏了长度："
        "不约束长度，曲线就永远碰不到转轴。",
    ),
    "curves_chain_story": (
        "Every piece of a chain carries the weight of what hangs below it; the horizontal pull is the same everywhere. "
        "Give one of four things and the rest follows. The factor a before cosh got lost in the last line of the post.",
        "链子的每一段都托着它下面的重量；水平拉力处处相同。四个量给出一个，其余就都定了。"
        "cosh 前的系数 a，正是原文最后一行漏掉的。",
    ),
    "curves_fit_story": (
        "Type or paste points, open a csv file, or open a photograph and click along the chain. Distances are taken at "
        "right angles to the curve, and wrong points are found and left out. An arch is a chain upside down: a is then "
        "negative.",
        "输入或粘贴一些点，打开 csv 文件，或打开一张照片沿链子点击。距离取点到曲线的垂直距离，"
        "错误的点会被找出并剔除。拱就是倒过来的链子，这时 a 为负。",
    ),
    "curves_turning_story": (
        "Gravity and turning together, both ends fixed: the general problem of the post. There is no closed form, but "
        "both limits have one, and each shape is followed from one of them. Faster ropes have more shapes.",
        "重力与转动同时存在，两端固定：这是原文的一般问题。它没有封闭解，但两个极限都有，"
        "每种形状都从其中一个极限延拓而来。转得越快，可能的形状越多。",
    ),
    "curves_pole_story": (
        "A rope hangs from a turning pole, and its lower end is free: there the tension is zero, a condition that the "
        "post forgot. Without an arm the rope hangs straight until the first critical speed, and at each further one "
        "another shape becomes possible.",
        "绳子挂在转动的竖杆上，下端自由：那里的张力为零，原文忘了这个条件。没有臂时，"
        "转速低于第一个临界值绳子就直垂着；每越过一个临界值，就多出一种形状。",
    ),
    "curves_source_post": ("After the post (in Chinese)", "源自博文"),
    "curves_axis": ("axis", "转轴"),
    "curves_name_rope": ("skipping rope", "跳绳"),
    "curves_name_catenary": ("catenary", "悬链线"),
    "curves_name_sine": ("half sine", "半个正弦"),
    "curves_name_cubic": ("cubic", "三次曲线"),
    "curves_name_parabola": ("parabola", "抛物线"),
    "curves_name_chain": ("chain", "链子"),
    "curves_name_line": ("supports", "支点连线"),
    "curves_name_lowest": ("lowest point", "最低点"),
    "curves_name_points": ("points", "点"),
    "curves_name_wrong": ("left out", "剔除的点"),
    "curves_name_fit": ("fitted catenary", "拟合的悬链线"),
    "curves_name_tension": ("tension, N", "张力（牛）"),
    "curves_name_shape": ("shape {number}", "形状 {number}"),
    "curves_name_straight": ("hanging straight", "直垂"),
    "curves_name_residual": ("residual", "残差"),
    "curves_along": ("along the chain, m", "沿链长度（米）"),
    "curves_x_m": ("m", "米"),
    "curves_fact_k": ("modulus k", "模 k"),
    "curves_fact_depth": ("depth a", "深度 a"),
    "curves_fact_h": ("tension along the axis H", "轴向张力 H"),
    "curves_fact_hand": ("tension at the hands", "手上的张力"),
    "curves_fact_angle": ("angle at the hands", "手上的夹角"),
    "curves_fact_omega": ("angular speed ω", "角速度 ω"),
    "curves_fact_shift": ("gravity acts as if the axis were off by g/ω²", "重力相当于转轴偏移 g/ω²"),
    "curves_fact_a": ("parameter a", "参数 a"),
    "curves_fact_vertex": ("vertex", "顶点"),
    "curves_fact_length": ("length", "长度"),
    "curves_fact_sag": ("sag", "垂度"),
    "curves_fact_horizontal": ("horizontal tension", "水平张力"),
    "curves_fact_left": ("left support", "左支点"),
    "curves_fact_right": ("right support", "右支点"),
    "curves_fact_lowest": ("lowest point", "最低点"),
    "curves_fact_rms": ("rms distance", "均方根距离"),
    "curves_fact_points": ("points, left out", "点数、剔除"),
    "curves_fact_tilt": ("tilt", "倾角"),
    "curves_fact_energy": ("energy", "能量"),
    "curves_fact_drift": ("check: T + ½ρω²r² − ρgz varies by", "验算：T + ½ρω²r² − ρgz 的变化"),
    "curves_fact_ends": ("tension at the ends", "两端的张力"),
    "curves_fact_critical": ("critical speeds, turns a second", "临界转速（转/秒）"),
    "curves_fact_shapes": ("shapes at this speed", "此转速下的形状数"),
    "curves_shapes_first": ("{count}, of which {shown} are worked out", "{count}，算出了其中 {shown} 种"),
    "curves_shape_not": (
        "There is no shape {asked} here: the figures, and what turns, are of shape {shown}.",
        "这里没有第 {asked} 种形状：所列数值与转动的都是第 {shown} 种。",
    ),
    "curves_shape_beyond": (
        "Shape {asked} is not worked out: the figures, and what turns, are of shape {shown}.",
        "第 {asked} 种形状没有算出：所列数值与转动的都是第 {shown} 种。",
    ),
    "curves_for_density": (
        "Forces and energy are those of a rope of {density} g/m.",
        "力与能量按每米 {density} 克的绳子计算。",
    ),
    "curves_fact_seconds": ("time taken", "用时"),
    "curves_fact_swing": ("ω²L/g", "ω²L/g"),
    "curves_other": ("curve of the same length", "等长的曲线"),
    "curves_other_depth": ("depth", "深度"),
    "curves_other_largest": ("farthest from the rope", "离跳绳最远"),
    "curves_rival": ("curve", "曲线"),
    "curves_rival_rms": ("rms distance", "均方根距离"),
    "curves_rival_times": ("times the catenary’s", "是悬链线的几倍"),
    "curves_rival_parameters": ("parameters", "参数个数"),
    "curves_gravity_small": (
        "Gravity is {share} of the turning here: the curve shown is good.",
        "这里重力只有转动作用的 {share}：所画曲线足够准确。",
    ),
    "curves_gravity_large": (
        "At this speed gravity is {share} of the turning: a real rope changes its shape all the way round, and no "
        "curve stays. (“Turning with gravity” is about an upright axis.)",
        "这样慢时重力达到转动作用的 {share}：真实的绳子一圈之中形状时时在变，没有固定的曲线。"
        "（“带重力的转绳”说的是竖直的轴。）",
    ),
    "curves_fit_first": ("The fit will stand here.", "拟合结果会显示在这里。"),
    "curves_click_count": ("{points} points, {scale} of 2 ends of the scale", "{points} 个点，比例尺端点 {scale}/2"),
    "curves_click_most": (
        "More than {most} clicks are not taken: undo some.",
        "最多接受 {most} 次点击：请撤销一些。",
    ),
    "curves_no_errors": (
        "As many points as parameters: they fix the curve and leave nothing to tell the errors from.",
        "点数与参数个数相同：恰好定下曲线，无从估计误差。",
    ),
}
