"""What the chat explains: a topic in a few sentences of our own, with the post it comes from."""

_POST = "https://kexue.fm/archives/"

SENTENCES: dict[str, tuple[str, str]] = {
    "chat_about_titles": (
        "A small BERT reads the article and writes the title behind it, piece by piece: what it reads it sees whole, "
        "what it writes only up to where it is (the UniLM mask). A gate decides at each piece whether to copy one of "
        "the article's, since most of a title stands in its article; that is the prior knowledge of the post. Beam "
        f"search keeps the likeliest beginnings. {_POST}5861 {_POST}6933",
        "一个小 BERT 读完文章，把标题一个词片一个词片地接在后面：读的部分看得见全文，"
        "写的部分只看得见已写的（UniLM 掩码）。"
        "标题里的字大多出现在原文，这是文章里说的先验知识，所以每一步由一个门决定要不要从原文抄一个。"
        f"束搜索保留最可能的几个开头。{_POST}5861 {_POST}6933",
    ),
    "chat_about_triples": (
        "A triple is subject, predicate, object. BERT marks where subjects begin and end, with two probabilities a "
        "place; then, for each subject, the same for the objects of every predicate, with the layer norms shifted by "
        "the subject. So P(s, p, o) = P(s) · P(p, o | s), and the threshold says from which probability a triple "
        f"counts. {_POST}7161",
        "三元组就是主语、谓语、宾语。BERT 在每个位置给出主语开头和结尾的概率；再以找到的主语去调节层归一化，"
        "对每种谓语标出宾语的开头和结尾。于是 P(s, p, o) = P(s)·P(p, o | s)，阈值就是概率从多少起才算数。"
        f"{_POST}7161",
    ),
    "chat_about_reading": (
        "The text is cut into passages; BM25 finds the likeliest. Each is read behind a row of masks, and the answer "
        "is read off all masks at once, held to what the passage says. Equal answers of several passages vote with "
        f"Σp²/(1 + Σp). {_POST}7148",
        "文字先切成段落，用 BM25 找出最相关的几段。每一段接在一排掩码后面读，答案的字从所有掩码上一次读出，"
        "并限制为段落里的原文。"
        f"几段给出同一个答案时按 Σp²/(1 + Σp) 投票。{_POST}7148",
    ),
    "chat_about_matrix": (
        "Let f(t) = det exp(tA). Then f′ = tr(A)·f and f(0) = 1, so f(1) = exp(tr A): no eigenvectors are "
        "needed, and "
        "matrices that cannot be diagonalised obey it too. The left side costs n³, the right one n. "
        f"{_POST}6377",
        "令 f(t) = det exp(tA)，则 f′ = tr(A)·f，f(0) = 1，于是 f(1) = exp(tr A)：用不着特征向量，"
        "不能对角化的矩阵也成立。"
        f"左边要算 n³ 次，右边只要 n 次。{_POST}6377",
    ),
    "chat_about_ropes": (
        "A hanging chain is y = a·cosh(x/a). A skipping rope is another curve, r = a·sn(2Kz/D, k), for it is pulled "
        "outwards the more the farther out it is; its length fixes k, and ω changes the pull at the hands alone. "
        f"{_POST}6784",
        "垂挂的链子是 y = a·cosh(x/a)。甩起来的跳绳是另一条曲线 r = a·sn(2Kz/D, k)：离轴越远，往外的力越大；"
        "绳长决定 k，"
        f"ω 只改变手上的拉力。{_POST}6784",
    ),
    "chat_about_optimizers": (
        "Gradient descent is Euler's method on θ′ = −∇L with step h. Keeping the step's error in hand means dividing "
        "h by the slope; a moving average of the slope's square makes that RMSprop, with momentum Adam. Heun and "
        f"Runge-Kutta take more gradients a step and follow the flow better. {_POST}6234 {_POST}5879",
        "梯度下降就是用步长 h 的欧拉法解 θ′ = −∇L。想控制每步的误差，就把 h 除以梯度的大小；"
        "对梯度平方作滑动平均，便是 RMSprop，"
        f"再加动量就是 Adam。Heun 和龙格库塔每步多求几次梯度，更贴近那条流线。{_POST}6234 {_POST}5879",
    ),
    "chat_about_accumulation": (
        "k micro-batches, the mean of their gradients, one update: the effect of a k-fold batch without its memory, "
        f"exact where there is no batch normalisation. {_POST}6794",
        f"取 k 个小批的梯度平均后才更新一次：有 k 倍批量的效果，却不要那么多内存；没有批归一化时两者完全相等。"
        f"{_POST}6794",
    ),
    "chat_about_weights": (
        "The weights are small BERTs trained for this project on a laptop's two cores, with bert4keras on "
        "TensorFlow; "
        "every answer names them. Their cards in core/weights/embedded say data, licence and scores. They are for "
        "research and non-commercial use.",
        "权重是为本项目在两个 CPU 核上训练的小 BERT，用的是 TensorFlow 上的 bert4keras；每个回答都写明是哪一份。"
        "数据、许可和成绩见 core/weights/embedded 里的说明。仅限研究和非商业用途。",
    ),
    "chat_about_privacy": (
        "What you write is held in memory while this page is open and written to no disk; a dropped file is deleted "
        "once it was read. Your browser keeps the words of the conversation, not the results: “clear” removes them.",
        "您写的内容只在页面打开期间存于内存，不写入磁盘；拖入的文件读完即删。浏览器里只留对话的文字，不留结果；"
        "点“清空”即可删除。",
    ),
    "chat_about_posts": (
        "Eight posts by Su Jianlin (苏剑林) on 科学空间 are brought to life here. "
        f"Titles: {_POST}5861 Triples: {_POST}7161 Questions: {_POST}7148 Matrices: {_POST}6377 Ropes: {_POST}6784 "
        f"Optimizers: {_POST}5879 {_POST}6234 {_POST}6794",
        "这里把苏剑林在“科学空间”上的八篇文章做成了能玩的东西。"
        f"标题：{_POST}5861 三元组：{_POST}7161 问答：{_POST}7148 矩阵：{_POST}6377 绳：{_POST}6784 "
        f"优化器：{_POST}5879 {_POST}6234 {_POST}6794",
    ),
    "chat_about_chat": (
        "Patterns find matrices, numbers, points and pasted texts in your message; a small classifier over words and "
        "characters, trained on utterances written for this project, tells which of a dozen things you want. "
        "Where it "
        "is not sure it asks back. Nothing you say is learned.",
        "先用模式找出消息里的矩阵、数值、点和粘贴的文章；再由一个小分类器看词和字，判断您要的是十几件事中的哪一件，"
        "它是用为本项目写的例句训练的。没有把握时会反问。您说的话不会被学去。",
    ),
}
