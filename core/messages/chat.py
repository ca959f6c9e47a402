"""What the chat says, and what it suggests to say next."""

SENTENCES: dict[str, tuple[str, str]] = {
    # talk
    "chat_help": (
        "Paste a text or drop files here, and I write titles for it, find who did what in it, or answer questions "
        "about it. I also check matrices, draw ropes and chains, and let optimizers race. Say “shorter”, “another”, "
        "“a higher threshold” or “with ω doubled” to have the last thing otherwise. I understand Chinese and "
        "English, "
        "and only these things: there is no large language model behind me.",
        "粘贴文字或拖入文件，我可以写标题、找出谁做了什么、回答有关的问题；还能检查矩阵、画绳子和链子、让优化器赛跑。"
        "想改上一个结果，就说“再短一点”“换一个”“把阈值调高”“ω 翻倍”。我听得懂中文和英文，只会这些事："
        "背后没有大语言模型。",
    ),
    "chat_formats": (
        "Files may be {kinds}, up to {files} at once; a text pasted here up to {characters:,} characters.",
        "文件可以是 {kinds}，一次最多 {files} 个；粘贴的文字最多 {characters:,} 字。",
    ),
    "chat_thanks": ("With pleasure. What next?", "不客气。接下来做什么？"),
    "chat_speak": ("I will speak English.", "好，我说中文。"),
    "chat_unsure": ("I am not sure what you mean. Is it one of these?", "我没有把握听懂。您是想要这些之一吗？"),
    "chat_empty": (
        "Nothing was written: say what you would like, or paste a text.",
        "什么也没写：请说您想做什么，或粘贴一段文字。",
    ),
    "chat_signs": (
        "I see signs but no words: write in Chinese or English.",
        "只看到符号，没有文字：请用中文或英文写。",
    ),
    "chat_foreign": (
        "I understand Chinese and English only: please write in one of them.",
        "我只听得懂中文和英文：请用其中一种来写。",
    ),
    "chat_other": (
        "That I cannot do: there is no large language model here, only small ones for titles, triples and questions, "
        "and a laboratory.",
        "这件事我做不了：这里没有大语言模型，只有写标题、抽三元组、答问题的小模型，和一间实验室。",
    ),
    "chat_orders": (
        "I run nothing, open no address and read no file of this computer: only what you paste or drop here is read.",
        "我不执行任何东西，不打开网址，也不读这台电脑上的文件：只读您粘贴或拖进来的内容。",
    ),
    "chat_nothing_before": (
        "There is nothing yet that I could do otherwise: ask for something first.",
        "还没有可以改动的结果：请先让我做一件事。",
    ),
    "chat_message_long": (
        "The message has more than {most:,} characters: drop it here as a file, or take a part of it.",
        "消息超过 {most:,} 字：请改成文件拖进来，或截取一部分。",
    ),
    "chat_full": ("This conversation is long: its beginning was let go.", "这次对话很长了：最早的部分已经放下。"),
    # texts
    "chat_need_text": ("Paste the text for it, or drop a file here.", "请把文字粘贴进来，或拖入文件。"),
    "chat_got_text": (
        "I have the text, {characters:,} characters. What shall I do with it?",
        "收到，共 {characters:,} 字。想让我做什么？",
    ),
    "chat_got_files": (
        "I have read {names}: {characters:,} characters. What shall I do?",
        "读完了 {names}，共 {characters:,} 字。想让我做什么？",
    ),
    "chat_first_file": ("Of the files, this is about the first: {name}.", "几个文件中，这里只看第一个：{name}。"),
    "chat_invite": (
        "Ask: who, when, where, how much … A short answer that stands in the text is what I find best.",
        "请问吧：谁、何时、哪里、多少……答案越短、越是原文里的字，我越拿手。",
    ),
    # results
    "chat_titled": ("The title I like best: {title}", "我最看好的标题：{title}"),
    "chat_titles_more": ("Others: {titles}", "还有：{titles}"),
    "chat_triples": (
        "{count} triples are at least {threshold} probable: {some}",
        "概率不低于 {threshold} 的三元组有 {count} 个：{some}",
    ),
    "chat_triples_none": (
        "No triple is at least {threshold} probable.",
        "没有概率不低于 {threshold} 的三元组。",
    ),
    "chat_no_run": ("The model was not asked again.", "没有再问模型。"),
    "chat_question": ("Understood as: {question}", "我理解为：{question}"),
    "chat_answer": ("{answer} (probability {probability})", "{answer}（概率 {probability}）"),
    "chat_answer_none": (
        "I find no answer that is at least {threshold} probable: ask differently, or lower the threshold.",
        "没有找到概率不低于 {threshold} 的答案：请换个问法，或调低阈值。",
    ),
    "chat_matrix_within": (
        "det exp(A) = {left} and exp(tr A) = {right}: equal as far as doubles can tell.",
        "det exp(A) = {left}，exp(tr A) = {right}：在双精度的范围内相等。",
    ),
    "chat_matrix_beyond": (
        "det exp(A) = {left} and exp(tr A) = {right}: further apart than rounding explains.",
        "det exp(A) = {left}，exp(tr A) = {right}：相差超出了舍入误差。",
    ),
    "chat_matrix_large": (
        "Here a matrix may have up to {most} rows: take a larger one to the tab “Matrix”.",
        "这里的矩阵最多 {most} 行：更大的请到“矩阵”标签页。",
    ),
    "chat_usual_matrix": ("You named no matrix, so I took {matrix}.", "您没有给出矩阵，我取了 {matrix}。"),
    "chat_this_matrix": ("This time {matrix}.", "这回用 {matrix}。"),
    "chat_rope": (
        "A skipping rope of {length} m between hands {span} m apart, at ω = {omega} rad/s: it reaches {depth} m, and "
        "pulls at the hands with {tension} N. Its shape does not depend on ω.",
        "绳长 {length} 米，两手相距 {span} 米，ω = {omega} rad/s：最远处离轴 {depth} 米，手上受力 {tension} 牛。"
        "形状与 ω 无关。",
    ),
    "chat_chain": (
        "A chain of {length} m over a span of {span} m sags by {sag} m (a = {a} m).",
        "链长 {length} 米，跨度 {span} 米：下垂 {sag} 米（a = {a} 米）。",
    ),
    "chat_fit": (
        "The catenary through {points} points has a = {a}; they lie {rms} from it (root mean square), {outliers} "
        "left out.",
        "过 {points} 个点的悬链线 a = {a}，均方根偏差 {rms}，剔除 {outliers} 个点。",
    ),
    "chat_usual": ("What you did not say I took as usual: {values}.", "您没说的，我按常用值取：{values}。"),
    "chat_optimizers": (
        "{steps} steps on “{surface}”: {best} ends lowest, at L = {loss}.",
        "在“{surface}”上走 {steps} 步：{best} 降得最低，L = {loss}。",
    ),
    "chat_optimizers_gone": ("Out of bounds: {methods}.", "跑出了边界：{methods}。"),
}

# What a button says, and what the visitor then says.  The beginning of a key is the skill or the follow-up it asks for.
SUGGESTIONS: dict[str, tuple[str, str]] = {
    "title_write": ("Write titles for it", "给它写标题"),
    "triples_find": ("Find the triples in it", "抽取其中的三元组"),
    "invite_question": ("I want to ask about it", "我想就它提问"),
    "matrix_try": ("Check the matrix 1 2; 3 4", "检查矩阵 1 2; 3 4"),
    "rope_try": ("Draw a skipping rope, D = 1, L = 2", "画一根跳绳，D=1，L=2"),
    "rope_chain": ("Hang a chain, span 10, length 12", "挂一条链子，跨度 10，长 12"),
    "optimizers_try": ("Race Adam and SGD on Rosenbrock", "在 rosenbrock 上比较 adam 和 sgd"),
    "shorter_title": ("Shorter titles", "标题再短一点"),
    "longer_title": ("Longer titles", "标题再长一点"),
    "another_one": ("Another one", "换一个"),
    "raise_threshold": ("Raise the threshold", "把阈值调高"),
    "lower_threshold": ("Lower the threshold", "把阈值调低"),
    "change_omega": ("And with ω doubled?", "ω 翻倍呢？"),
    "change_length": ("And twice as long?", "长度加倍呢？"),
    "change_rate": ("Halve the learning rate", "学习率减半"),
    "change_lion": ("Add Lion", "再加上 lion"),
    "about_titles": ("How are titles written?", "标题是怎么写出来的？"),
    "about_triples": ("How are triples found?", "三元组是怎么找到的？"),
    "about_reading": ("How are questions answered?", "问题是怎么回答的？"),
    "about_matrix": ("Why does the identity hold?", "恒等式为什么成立？"),
    "about_ropes": ("Why does the rope look like that?", "绳子为什么是这个形状？"),
    "about_optimizers": ("What do optimizers have to do with dynamics?", "优化器和动力学有什么关系？"),
    "about_posts": ("Which posts is this from?", "这些出自哪些文章？"),
    "about_chat": ("How do you understand me?", "你是怎么听懂我的？"),
    "help_all": ("What can you do?", "你能做什么？"),
    "tongue_en": ("In English, please", "请说英文"),
    "tongue_zh": ("In Chinese, please", "请说中文"),
}
# What a question back offers for a skill: a name of it, as a button says it.
CHOICES: dict[str, str] = {
    "title": "title_write",
    "triples": "triples_find",
    "answer": "invite_question",
    "matrix": "matrix_try",
    "rope": "rope_try",
    "optimizers": "optimizers_try",
    "explain": "about_posts",
    "help": "help_all",
}
