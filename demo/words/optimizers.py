"""Words of the tab 优化器."""

from core.messages.names import SURFACES

METHODS: dict[str, tuple[str, str]] = {
    "gd": ("Gradient descent", "梯度下降"),
    "momentum": ("Momentum (leapfrog)", "动量（蛙跳）"),
    "nesterov": ("Nesterov", "Nesterov"),
    "sign": ("Sign descent", "符号下降"),
    "rmsprop_scalar": ("RMSprop, scalar", "RMSprop 标量版"),
    "rmsprop": ("RMSprop, element-wise", "RMSprop 逐元素版"),
    "adam": ("Adam", "Adam"),
    "adamw": ("AdamW", "AdamW"),
    "lion": ("Lion", "Lion"),
    "heun": ("Heun", "Heun"),
    "rk4": ("Runge-Kutta 4", "Runge-Kutta 4"),
    "adagrad": ("Adagrad (ours, not the post’s)", "Adagrad（本站所加，非原文）"),
    "adadelta": ("AdaDelta (ours, not the post’s)", "AdaDelta（本站所加，非原文）"),
}
SHORT: dict[str, tuple[str, str]] = {
    **METHODS,
    "gd": ("GD", "梯度下降"),
    "momentum": ("Momentum", "动量"),
    "sign": ("Sign", "符号下降"),
    "rmsprop_scalar": ("RMSprop scalar", "RMSprop 标量"),
    "rmsprop": ("RMSprop", "RMSprop 逐元素"),
    "rk4": ("RK4", "RK4"),
    "adagrad": ("Adagrad*", "Adagrad*"),
    "adadelta": ("AdaDelta*", "AdaDelta*"),
}

WORDS: dict[str, tuple[str, str]] = {
    "tab_optimizers": ("Optimizers", "优化器"),
    **{f"optimizers_method_{key}": pair for key, pair in METHODS.items()},
    "optimizers_method_none": ("– none –", "– 不用 –"),
    "optimizers_story": ("The argument in five steps, or your own", "五步讲完的道理，或自己玩"),
    "optimizers_story_1": ("1 Euler", "1 欧拉法"),
    "optimizers_story_2": ("2 The step’s error", "2 步的误差"),
    "optimizers_story_3": ("3 Sign descent", "3 符号下降"),
    "optimizers_story_4": ("4 The moving average", "4 滑动平均"),
    "optimizers_story_5": ("5 Many dimensions", "5 多维"),
    "optimizers_story_free": ("On your own", "自己玩"),
    "optimizers_surface": ("Surface", "曲面"),
    **{f"optimizers_surface_{key}": (en[0].upper() + en[1:], zh) for key, (en, zh) in SURFACES.items()},
    "optimizers_surface_formula": ("A formula of your own", "自己写式子"),
    "optimizers_condition": ("Condition number κ", "条件数 κ"),
    "optimizers_turn": ("Turned by, degrees", "旋转角度"),
    "optimizers_formula": ("L(x, y) =", "L(x, y) ="),
    "optimizers_reach": ("Map from −R to R, R", "图面从 −R 到 R，R"),
    "optimizers_batch": ("Samples a step (of 48)", "每步样本数（共 48）"),
    "optimizers_seed": ("Seed of their order", "样本顺序的种子"),
    "optimizers_x": ("Start x", "起点 x"),
    "optimizers_y": ("Start y", "起点 y"),
    "optimizers_steps": ("Steps, to 5000", "步数，至多 5000"),
    "optimizers_slot_1": ("Method 1", "方法 1"),
    "optimizers_slot_2": ("Method 2", "方法 2"),
    "optimizers_slot_3": ("Method 3", "方法 3"),
    "optimizers_slot_4": ("Method 4", "方法 4"),
    "optimizers_slot_5": ("Method 5", "方法 5"),
    "optimizers_slot_6": ("Method 6", "方法 6"),
    "optimizers_rate": ("Rate h", "学习率 h"),
    "optimizers_beta1": ("β₁, ρ", "β₁、ρ"),
    "optimizers_beta2": ("β₂", "β₂"),
    "optimizers_epsilon": ("ε", "ε"),
    "optimizers_decay": ("Decay", "衰减"),
    "optimizers_progress": ("How far, %", "进度（%）"),
    "optimizers_play": ("Play", "播放"),
    "optimizers_pick": ("Start here", "以此为起点"),
    "optimizers_csv": ("All steps as CSV", "全部步的 CSV"),
    "optimizers_json": ("All steps as JSON", "全部步的 JSON"),
    "optimizers_acc_method": ("Method", "方法"),
    "optimizers_acc_batch": ("Big batch, samples", "大批量的样本数"),
    "optimizers_acc_micro": ("Micro-batch, samples", "小批量的样本数"),
    "optimizers_acc_updates": ("Updates", "更新次数"),
    "optimizers_acc_seed": ("Seed", "种子"),
}

PHRASES: dict[str, tuple[str, str]] = {
    **{f"optimizers_name_{key}": pair for key, pair in SHORT.items()},
    "optimizers_head": (
        "An optimizer is a way of following θ′ = −∇L in steps. Click on the map to start there; up to six methods run "
        "at once beside the exact flow.",
        "优化器就是一步一步地跟随 θ′ = −∇L。在图上点一下，就从那里出发；最多六种方法同时跑，旁边是精确的梯度流。",
    ),
    "optimizers_posts": ("After the posts (in Chinese):", "源自博文："),
    "optimizers_story_1_told": (
        "Let a ball without inertia roll down: θ′ = −∇L. Gradient descent is Euler’s method on this flow, and the "
        "learning rate is its time step. Short steps stay by the grey flow. Across the valley, where the curvature is "
        "λ, each step multiplies the distance by 1 − hλ: beyond hλ = 1 it changes sides, beyond 2 it grows. Heun takes "
        "two gradients a step and is truer, yet ends at the same 2; Runge-Kutta reaches 2.785.",
        "让一个没有惯性的球往下滚：θ′ = −∇L。梯度下降就是这条流的欧拉法，学习率就是时间步长。"
        "步子小时紧贴灰色的流。横着山谷、曲率为 λ 的方向上，每步把距离乘以 1 − hλ："
        "hλ 过 1 便左右跳，过 2 便越跳越远。Heun 每步求两次梯度，更准，界限却同样是 2；Runge-Kutta 可到 2.785。",
    ),
    "optimizers_story_2_told": (
        "One step’s error is about h²/2 times how fast the slope changes on the way: large on steep walls, small on "
        "the floor. One h for all places is thus too long here and too short there: the longest h below is thrown "
        "about by the wall, the shortest crawls on the floor. Heun and RK4 pay with more gradients for a smaller "
        "error. The other way is to hold the step’s length in hand, h‖∇L‖ = const.",
        "一步的误差约为 h²/2 乘以途中斜率变化的快慢：陡壁上大，谷底小。同一个 h 于是此处太长、彼处太短："
        "下面最大的 h 被陡壁甩开，最小的 h 在谷底爬行。Heun 与 RK4 用更多次梯度换来更小的误差。"
        "另一条路是把每一步的长度攥在手里：h‖∇L‖ = 常数。",
    ),
    "optimizers_story_3_told": (
        "Hold h|L′| at a given length and the step becomes that length, with the sign of the slope: sign descent. No "
        "wall throws it and no floor slows it down. But it never takes shorter steps either: it ends in a dance of its "
        "step’s width, and moves along both axes alike, whatever the slope’s direction.",
        "让 h|L′| 等于给定的长度，步子就成了这个长度，只看斜率的正负：符号下降。"
        "陡壁甩不开它，平地拖不慢它。可它的步子也从不变小：最后在一步宽的范围内来回跳，"
        "而且无论斜率朝哪，两个坐标总走得一样远。",
    ),
    "optimizers_story_4_told": (
        "Put a moving average G of the squared slope in the place of the slope itself, h = γ̃/√(G + ε): RMSprop. One "
        "small slope no longer asks for a huge factor, and noise is averaged. Each step here sees 6 of 48 samples. "
        "With ρ = 0 it is sign descent again; the longer the memory, the calmer the end. G begins at 0, so the first "
        "step is 1/√(1 − ρ) times as long.",
        "用斜率平方的滑动平均 G 代替斜率本身，h = γ̃/√(G + ε)：这就是 RMSprop。"
        "偶然一个小斜率不再要求巨大的倍数，噪声也被平均掉。这里每步只看 48 个样本中的 6 个。"
        "ρ = 0 时又回到符号下降；记忆越长，收尾越平静。G 从 0 起步，所以第一步是 γ̃ 的 1/√(1 − ρ) 倍。",
    ),
    "optimizers_story_5_told": (
        "With many parameters there are two RMSprops. One G for all, of ‖∇L‖², keeps the direction: its path is the "
        "flow’s at another speed, the more rigorous one. A G for each coordinate turns the direction; usually it works "
        "better, and it hangs on how the axes lie: set the angle to 0 and see the valley become easy for it.",
        "参数多了，RMSprop 就有两种。全体共用一个 G（取 ‖∇L‖²）保持方向：走的是梯度流的路，只是快慢不同，更严格。"
        "每个坐标各用一个 G 会改变方向；通常效果更好，却取决于坐标轴怎么摆：把角度调到 0，看它一下子变得轻松。",
    ),
    "optimizers_story_free_told": (
        "Choose a surface, methods and rates. h, λ and the bound of each method stand below; * marks methods that the "
        "posts do not have.",
        "随意选曲面、方法和学习率。各方法的 h、λ 与稳定界限列在下面；* 表示原文没有的方法。",
    ),
    "optimizers_flow": ("exact flow", "精确的流"),
    "optimizers_start": ("start", "起点"),
    "optimizers_minima": ("minimum", "最小值点"),
    "optimizers_by_step": ("step", "步"),
    "optimizers_by_gradients": ("gradients taken", "求梯度次数"),
    "optimizers_by_time": ("time t of the flow", "流的时间 t"),
    "optimizers_excess": ("L − min L", "L − 最小值"),
    "optimizers_loss": ("L", "L"),
    "optimizers_growth": ("|factor| a step", "每步的 |倍数|"),
    "optimizers_growth_why": (
        "On a quadratic of curvature λ a step multiplies what is left by a factor that hangs on hλ alone; above 1 it "
        "grows. The marks are the methods above.",
        "在曲率为 λ 的二次函数上，一步把剩下的距离乘以一个只取决于 hλ 的倍数；超过 1 就会增大。圆点是上面的方法。",
    ),
    "optimizers_head_growth": ("How far a step may be", "步子能迈多大"),
    "optimizers_head_loss": ("The loss, counted in three ways", "损失，三种数法"),
    "optimizers_loss_why": (
        "A step of Runge-Kutta takes four gradients, and steps of different methods cover different stretches of time: "
        "which is faster hangs on what one counts. The time of element-wise methods is that of their mean factor; of "
        "sign descent and Lion, the step’s length over the slope’s.",
        "Runge-Kutta 每步求四次梯度，不同方法的一步走过的时间也不同：谁更快，取决于数什么。"
        "逐元素方法的时间按平均倍数计，符号下降与 Lion 按步长除以斜率计。",
    ),
    "optimizers_col_method": ("method", "方法"),
    "optimizers_col_end": ("at the end", "结局"),
    "optimizers_col_loss": ("loss", "损失"),
    "optimizers_col_gradients": ("gradients", "求梯度次数"),
    "optimizers_col_time": ("time t", "时间 t"),
    "optimizers_col_stability": ("hλ, bound", "hλ 与界限"),
    "optimizers_end_done": ("at ({x}, {y})", "在 ({x}, {y})"),
    "optimizers_end_diverged": ("diverged at step {step}", "第 {step} 步发散"),
    "optimizers_end_escaped": ("ran off downhill at step {step}", "第 {step} 步滑出图外"),
    "optimizers_end_undefined": ("step {step} is not a number", "第 {step} 步不是数"),
    "optimizers_left": (
        "{method} left its stable range at step {step}: hλ = {product} > {bound} (h = {rate}, λ = {curvature}).",
        "{method} 在第 {step} 步离开了稳定范围：hλ = {product} > {bound}（h = {rate}，λ = {curvature}）。",
    ),
    "optimizers_left_locally": (
        "{method} left its stable range at step {step}, for the curvature there: hλ = {product} > {bound} (λ = "
        "{curvature}).",
        "按当地的曲率，{method} 在第 {step} 步离开了稳定范围：hλ = {product} > {bound}（λ = {curvature}）。",
    ),
    "optimizers_diverged": (
        "{method} ran out of all bounds at step {step}; a smaller learning rate keeps it.",
        "{method} 在第 {step} 步跑出了一切界限；减小学习率可以留住它。",
    ),
    "optimizers_undefined": (
        "{method} stopped: at step {step} the loss or the step is not a number.",
        "{method} 停下了：第 {step} 步的损失或步长不是数。",
    ),
    "optimizers_escaped": (
        "{method} ran off the map downhill, as the flow does; this surface has no bottom there.",
        "{method} 顺坡滑出了图外，流也会如此；曲面在那里没有底。",
    ),
    "optimizers_flow_rough": (
        "The exact flow could be followed to t = {time} only.",
        "精确的流只能跟到 t = {time}。",
    ),
    "optimizers_leapfrog": (
        "momentum is leapfrog on θ″ + λθ′ = −∇L with time step {step} and friction {friction}",
        "动量即 θ″ + λθ′ = −∇L 的蛙跳法，时间步长 {step}，摩擦 {friction}",
    ),
    "optimizers_seconds": ("worked out in {seconds} s", "计算用时 {seconds} 秒"),
    "optimizers_acc_head": ("Gradient accumulation", "梯度累积"),
    "optimizers_acc_why": (
        "No memory for the big batch? Take its micro-batches one after the other, average their gradients over the "
        "samples, and update once: the path lies on the big batch’s, to the last digits. An update after each "
        "micro-batch goes another way; and if the last one is short, the mean of means is wrong too. Post 6 proved it "
        "with an MLP; here one sees it.",
        "显存放不下大批量？把它拆成小批量逐个求梯度，按样本数平均，再更新一次：走的路与大批量的重合，直到最后几位小数。"
        "每个小批量都更新，走的就是另一条路；最后一个小批量若不满，“平均的平均”也会出错。"
        "原文用 MLP 实验证明，这里让您亲眼看到。",
    ),
    "optimizers_acc_big": ("big batch", "大批量"),
    "optimizers_acc_accumulated": ("accumulated", "累积"),
    "optimizers_acc_unweighted": ("mean of means", "平均的平均"),
    "optimizers_acc_micro_path": ("update each time", "每个小批量都更新"),
    "optimizers_acc_told": (
        "{updates} updates, each of {pieces} micro-batches ({sizes}): accumulated and big batch differ by at most "
        "{apart}.",
        "共 {updates} 次更新，每次 {pieces} 个小批量（{sizes}）：累积与大批量最多相差 {apart}。",
    ),
    "optimizers_acc_wrong": (
        "The mean of means, with a short last micro-batch, is off by {apart}.",
        "最后一个小批量不满，“平均的平均”偏差达 {apart}。",
    ),
    "optimizers_update": ("update", "更新次数"),
}
