"""Words of the tab 矩阵."""

WORDS: dict[str, tuple[str, str]] = {
    "tab_matrix": ("Matrix", "矩阵"),
    "matrix_text": ("Matrix A", "矩阵 A"),
    "matrix_placeholder": (
        "1 2; 3 4   or   [[1, 2], [3, 4]]   or LaTeX, csv; fractions, sqrt(2), pi, i",
        "1 2; 3 4   或   [[1, 2], [3, 4]]   或 LaTeX、csv；可用分数、sqrt(2)、pi、i",
    ),
    "matrix_go": ("Compute", "计算"),
    "matrix_grid": ("As a grid", "用表格编辑"),
    "matrix_make": ("Make a matrix", "生成矩阵"),
    "matrix_kind": ("Kind", "类型"),
    "matrix_n": ("Rows n", "行数 n"),
    "matrix_parameter": ("Seed, eigenvalue or angle", "种子、特征值或角度"),
    "matrix_make_go": ("Make", "生成"),
    "kind_random": ("Random", "随机"),
    "kind_complex": ("Random complex", "随机复矩阵"),
    "kind_skew": ("Skew-symmetric", "反对称"),
    "kind_traceless": ("Trace 0", "迹为 0"),
    "kind_nilpotent": ("Nilpotent", "幂零"),
    "kind_jordan": ("Jordan block", "若尔当块"),
    "kind_idempotent": ("Idempotent [[1, 0], [1, 0]]", "幂等 [[1, 0], [1, 0]]"),
    "kind_rotation": ("Rotation", "旋转"),
    "kind_stochastic": ("Markov chain generator", "马尔可夫链生成元"),
    "kind_hilbert": ("Hilbert", "希尔伯特"),
    "matrix_t": ("Time t", "时间 t"),
    "matrix_play": ("Play", "播放"),
    "matrix_second": ("Matrix B", "矩阵 B"),
    "matrix_digits": ("Digits", "位数"),
    "matrix_verify": ("Compute to many digits", "计算多位数字"),
    "matrix_exact": ("Closed form", "精确形式"),
    "matrix_angle": ("Angle in radians", "角度（弧度）"),
    "matrix_measure": ("Measure now", "现在测量"),
    "matrix_spiral": ("Spiral", "螺旋"),
    "matrix_defective": ("Not diagonalisable", "不可对角化"),
    "matrix_idempotent": ("Idempotent", "幂等"),
    "matrix_turning": ("Skew, 3 x 3", "反对称 3 x 3"),
    "matrix_roots": ("Fractions and roots", "分数与根号"),
    "matrix_imaginary": ("Complex", "复数"),
    "matrix_huge": ("Trace of a million", "迹为一百万"),
    "matrix_cancelling": ("Where the series fails", "级数失效处"),
}

PHRASES: dict[str, tuple[str, str]] = {
    "matrix_wait": ("Computing …", "正在计算……"),
    "logs": ("Logarithms: ln det exp(A) = {left}, tr A = {right}.", "取对数：ln det exp(A) = {left}，tr A = {right}。"),
    "verdict_within": (
        "They agree: relative error {error}, and rounding alone may bring {allowed}.",
        "两边相等：相对误差 {error}，舍入本身可带来 {allowed}。",
    ),
    "verdict_beyond": (
        "The relative error is {error}, more than the {allowed} that our estimate of rounding allows.",
        "相对误差为 {error}，超出了我们估计的舍入误差 {allowed}。",
    ),
    "condition_exact": (
        "Condition of the exponential at {at}: {condition}; of the matrix exp({at}) whose determinant is taken: "
        "{spread}.",
        "指数映射在 {at} 处的条件数：{condition}；取行列式的矩阵 exp({at}) 的条件数：{spread}。",
    ),
    "condition_bound": (
        "Condition of the exponential at {at}: at least {condition} (an estimate by the norm; it is computed to 8 "
        "rows); of the matrix exp({at}) whose determinant is taken: {spread}.",
        "指数映射在 {at} 处的条件数：至少 {condition}（按范数估计，8 行以内才直接计算）；"
        "取行列式的矩阵 exp({at}) 的条件数：{spread}。",
    ),
    "in_parts": (
        "exp(A) is too large or too near a singular matrix for doubles, so it is taken as the product of {parts} equal "
        "factors exp(A/{parts}), whose determinants multiply.",
        "exp(A) 太大或太接近奇异，双精度容不下，于是写成 {parts} 个相同因子 exp(A/{parts}) 之积，行列式相乘。",
    ),
    "both_seconds": ("Time: left {left}, right {right}.", "用时：左边 {left}，右边 {right}。"),
    "panel_flow": ("The identity one can see", "看得见的恒等式"),
    "panel_flow_why": (
        "The flow x′ = Ax carries the unit square along. Its area grows at the rate tr A, so after the time t it is "
        "exp(t tr A). But the map is exp(tA), so the area is det exp(tA). That is the proof.",
        "流动 x′ = Ax 带着单位正方形一起走。它的面积以 tr A 的速率增长，t 时刻为 exp(t tr A)；而这个变换就是 exp(tA)，"
        "面积即 det exp(tA)。这就是证明。",
    ),
    "area": ("area", "面积"),
    "volume": ("volume", "体积"),
    "panel_digits": ("Beyond doubles", "超出双精度"),
    "panel_digits_why": (
        "Entries are taken as you wrote them, 1/3 and sqrt(2) included: to 12 rows with many digits, and for small "
        "rational matrices in closed form.",
        "元素按您写的原样取用，1/3、sqrt(2) 也不先舍入：12 行以内可算多位数字，小的有理矩阵可得精确形式。",
    ),
    "panel_spectrum": ("Eigenvalues", "特征值"),
    "panel_spectrum_why": (
        "exp sends every eigenvalue λ to exp λ. The product of the images is the determinant, the sum of the "
        "eigenvalues is the trace. With Jordan blocks this also holds for matrices that cannot be diagonalised.",
        "exp 把每个特征值 λ 送到 exp λ。像的乘积是行列式，特征值之和是迹。用若尔当块可知，不可对角化的矩阵也成立。",
    ),
    "eigen_sum": ("Sum of the eigenvalues: {total}; trace: {trace}.", "特征值之和：{total}；迹：{trace}。"),
    "diagonalisable": (
        "It can be diagonalised; the condition of its eigenvectors is {condition}.",
        "可以对角化；特征向量矩阵的条件数为 {condition}。",
    ),
    "defective": (
        "As far as doubles can tell it cannot be diagonalised: its eigenvectors are dependent (condition: "
        "{condition}). The identity holds all the same.",
        "在双精度下不可对角化：特征向量已线性相关（条件数：{condition}）。恒等式照样成立。",
    ),
    "panel_series": ("Three ways to the exponential", "求指数的三种办法"),
    "panel_series_why": (
        "The series I + A + A²/2! + … always converges, but where the norm is large its terms grow before they shrink, "
        "and what they cancel is lost to rounding. Scaling and squaring divides A first.",
        "级数 I + A + A²/2! + … 总收敛，但范数大时各项先增后减，抵消掉的部分毁于舍入。缩放平方法先把 A 缩小。",
    ),
    "way_taylor": ("Taylor partial sums", "泰勒部分和"),
    "way_scaling": ("scaling and squaring", "缩放平方法"),
    "way_eigen": ("eigen-decomposition", "特征分解"),
    "axis_terms": ("terms", "项数"),
    "axis_error": ("relative error", "相对误差"),
    "axis_seconds": ("seconds", "秒"),
    "series_told": (
        "Relative error: the series at best {best} ({terms} terms), scaling and squaring {scaling}.",
        "相对误差：级数最好为 {best}（{terms} 项），缩放平方法 {scaling}。",
    ),
    "series_eigen": ("Eigen-decomposition: {eigen}.", "特征分解：{eigen}。"),
    "series_fails": (
        "The series fails here: its largest term reaches {largest}, and its digits beyond that are rounding.",
        "级数在这里失效：最大的一项达到 {largest}，其后的数字全是舍入。",
    ),
    "reference_precise": (
        "The errors are held against more than double precision.",
        "误差以高于双精度的结果为准。",
    ),
    "reference_double": (
        "Beyond 4 rows the errors are held against scaling and squaring itself.",
        "4 行以上，误差以缩放平方法自身为准。",
    ),
    "panel_elementwise": ("Not entry by entry", "不是逐元素求指数"),
    "panel_elementwise_why": (
        "The commonest mistake: exp of a matrix is not exp of its entries. Only the matrix exponential keeps the "
        "identity.",
        "最常见的误会：矩阵的 exp 不是对每个元素求 exp。只有矩阵指数满足恒等式。",
    ),
    "by_entries": ("exp of each entry", "逐元素 exp"),
    "by_matrix": ("exp of the matrix", "矩阵 exp"),
    "elementwise_told": (
        "Determinant entry by entry: {entries}; of the matrix exponential: {matrix}; exp(tr A) = {trace}.",
        "逐元素的行列式：{entries}；矩阵指数的行列式：{matrix}；exp(tr A) = {trace}。",
    ),
    "panel_sums": ("exp(A+B) and exp(A) exp(B)", "exp(A+B) 与 exp(A) exp(B)"),
    "panel_sums_why": (
        "They are the same when AB = BA. Otherwise they mostly differ, at first order by half the commutator; their "
        "determinants never do, since the trace of a sum is the sum of the traces.",
        "AB = BA 时两者相同；否则一般不同，一阶上差半个交换子；而行列式总相同，因为和的迹等于迹的和。",
    ),
    "sums_commute": (
        "A and B commute: the two are the same to {difference}.",
        "A 与 B 可交换：两者之差 {difference}。",
    ),
    "sums_differ": (
        "‖AB − BA‖ = {commutator}: the two differ by {difference}; half the commutator would be {leading}.",
        "‖AB − BA‖ = {commutator}：两者相差 {difference}；半个交换子为 {leading}。",
    ),
    "sums_determinants": ("Determinants: {together} and {apart}.", "行列式：{together} 与 {apart}。"),
    "panel_log": ("Logarithms", "对数"),
    "panel_log_why": (
        "Read backwards, with B = exp(A): ln det B = tr ln B. But a logarithm is not the only one: a rotation stays "
        "what it is after whole turns.",
        "反过来读，令 B = exp(A)：ln det B = tr ln B。但对数不唯一：旋转多转几整圈还是同一个旋转。",
    ),
    "log_told": ("ln det B = {log_det}, tr ln B = {trace}.", "ln det B = {log_det}，tr ln B = {trace}。"),
    "log_turns": ("They differ by {turns} times 2πi: whole turns.", "两者差 2πi 的 {turns} 倍：整圈数。"),
    "log_same": (
        "The principal logarithm of B is A again, to {distance}.",
        "B 的主对数又是 A，相差 {distance}。",
    ),
    "log_other": (
        "The principal logarithm of B is not A: an eigenvalue of A has an imaginary part beyond π (distance "
        "{distance}).",
        "B 的主对数不是 A：A 有特征值的虚部超过 π（相差 {distance}）。",
    ),
    "branches_told": (
        "Logarithms of the rotation by α: (α + 2πn) J. Each of them gives the same rotation; the principal one is "
        "marked.",
        "转角 α 的旋转的对数：(α + 2πn) J。每一个都给出同一个旋转；主对数已标出。",
    ),
    "head_angle": ("angle", "角度"),
    "head_norm": ("norm", "范数"),
    "head_error": ("error of exp", "exp 的误差"),
    "panel_cost": ("What each side costs", "两边各花多少"),
    "panel_cost_why": (
        "The left side needs about n³ operations, the right side n additions. Measured on this machine, now.",
        "左边约需 n³ 次运算，右边只要 n 次加法。在这台机器上现测。",
    ),
    "cost_told": (
        "On this matrix (n = {n}): left {left}, right {right}, {ratio} times as long.",
        "这个矩阵（n = {n}）：左边 {left}，右边 {right}，相差 {ratio} 倍。",
    ),
    "verified_told": (
        "The two sides agree to {agreed} digits, computed with {working}; a second computation with 20 more gave the "
        "same.",
        "两边有 {agreed} 位数字相同，以 {working} 位计算；再多取 20 位重算，结果一致。",
    ),
    "verified_unstable": (
        "The two sides agree to {agreed} digits, computed with {working}; a second computation with 20 more differs.",
        "两边有 {agreed} 位数字相同，以 {working} 位计算；再多取 20 位重算，结果有出入。",
    ),
}
