"""Sentences about curves: chains, skipping ropes, fits."""

SENTENCES: dict[str, tuple[str, str]] = {
    "points_gone": (
        "The opened file is no longer kept here: open it again.",
        "打开的文件已不再保留：请重新打开。",
    ),
    "number_wanted": ("{name} must be a finite number.", "{name} 须为有限的数。"),
    "supports_vertical": (
        "The supports stand one above the other, and the chain would hang double: move one of them sideways.",
        "两个支点上下重合在一条竖线上，链子会对折：请把其中一个向旁边移开。",
    ),
    "catenary_one_of": (
        "Give exactly one of length, sag, tension and clearance.",
        "长度、垂度、张力、离地高度，请恰好给出其中一个。",
    ),
    "rope_too_short": (
        "A rope of length {length} cannot reach over a distance of {distance}: make it longer.",
        "长 {length} 的绳子够不着 {distance} 的距离：请加长。",
    ),
    "rope_too_slack": (
        "The rope may be at most {most} times as long as the span: shorten it.",
        "绳长最多为跨度的 {most} 倍：请缩短。",
    ),
    "catenary_too_slack": (
        "The chain would be longer than can be computed: take more tension, less sag or a shorter chain.",
        "链子会长得无法计算：请加大张力、减小垂度或缩短链长。",
    ),
    "catenary_too_taut": (
        "The chain would be straight to the last digit: take less tension, more sag or a longer chain.",
        "链子会直到最后一位小数：请减小张力、加大垂度或加长链子。",
    ),
    "clearance_too_high": (
        "The lowest point must lie below the supports, the lower of which is at {lower}.",
        "最低点须低于支点，较低的支点高 {lower}。",
    ),
    "ends_too_near": (
        "The rope may be at most {most} times as long as its ends are apart: shorten it or move the ends apart.",
        "绳长最多为两端距离的 {most} 倍：请缩短绳子或拉开两端。",
    ),
    "ends_too_far": (
        "The ends lie more than 100 rope lengths from the origin: move them nearer.",
        "两端离原点超过绳长的 100 倍：请移近一些。",
    ),
    "no_force": (
        "Without gravity and without turning the rope has no shape: give one of them.",
        "既无重力又不转动，绳子没有确定的形状：请至少给出其一。",
    ),
    "no_branch": (
        "No steady shape was found from this start: choose another start, or change the speed a little.",
        "从这个起点没有找到稳定旋转的形状：请换一个起点，或略微改变转速。",
    ),
    "pole_too_fast": (
        "At this speed gravity hardly matters; at most {turns} turns a second ({most} rad/s) can be computed: turn "
        "more slowly.",
        "这样快时重力几乎不起作用，最多可算到每秒 {turns} 转（{most} rad/s）：请转慢一些。",
    ),
    # points
    "points_few": (
        "{count} different points are too few: give at least {least}.",
        "只有 {count} 个不同的点，太少：请至少给出 {least} 个。",
    ),
    "points_many": (
        "{count:,} points are too many: give at most {most:,}.",
        "{count:,} 个点太多：请最多给出 {most:,} 个。",
    ),
    "points_not_finite": (
        "Point {number} is not two finite numbers: correct it or leave it out.",
        "第 {number} 个点不是两个有限的数：请改正或删去。",
    ),
    "points_not_pairs": (
        "The points must be pairs of numbers, x and y.",
        "点须为成对的数 x 和 y。",
    ),
    "points_line": (
        "Line {line} is not two numbers: write x and y, with a comma or a space between them.",
        "第 {line} 行不是两个数：请写 x 和 y，中间用逗号或空格隔开。",
    ),
    "points_straight": (
        "The points lie on a straight line, which no chain of finite tension does: add points where it sags.",
        "这些点在一条直线上，有限张力的链子不会这样：请在下垂处加点。",
    ),
    "points_vertical": (
        "The points stand one above the other: a chain needs some width.",
        "这些点上下重合在一条竖线上：链子须有一定宽度。",
    ),
    "points_no_curve": (
        "No chain runs near these points: remove wrong points, or let the tilt be fitted too.",
        "没有链子经过这些点附近：请去掉错误的点，或让倾角一并拟合。",
    ),
    "curves_text_long": (
        "The text is longer than {megabytes} MB: take fewer points.",
        "文字超过 {megabytes} MB：请减少点数。",
    ),
    # pictures
    "picture_broken": (
        "{file} is no picture that can be read: save it as JPEG or PNG.",
        "{file} 不是能读取的图片：请另存为 JPEG 或 PNG。",
    ),
    "picture_too_large": (
        "The picture has more than {megapixels} million pixels, or more than {side} on a side: make it smaller.",
        "图片超过 {megapixels} 百万像素，或一边超过 {side} 像素：请缩小。",
    ),
    "picture_first": ("Open a photograph first.", "请先打开一张照片。"),
    "scale_points": (
        "For the scale click two different points of the picture.",
        "标定比例须在图上点两个不同的点。",
    ),
}
