"""Words of the tab 阅读问答."""

WORDS: dict[str, tuple[str, str]] = {
    "tab_reading": ("Reading", "阅读问答"),
    "reading_from": ("Read from", "读什么"),
    "reading_from_text": ("Pasted text", "粘贴的文字"),
    "reading_from_files": ("Files", "文件"),
    "reading_open": ("Open files", "打开文件"),
    "reading_close": ("Put the files away", "收起文件"),
    "reading_text": ("Text", "文字"),
    "reading_placeholder": (
        "Paste a passage or a whole book, drop files here, or choose an example below.",
        "在这里粘贴一段文字或一整本书，拖入文件，或点下面的例子。",
    ),
    "reading_question": ("Question", "问题"),
    "reading_question_placeholder": (
        "Who? When? Where? How many? Enter asks.",
        "谁？何时？何地？多少？按回车提问。",
    ),
    "reading_ask": ("Ask", "提问"),
    "reading_way": ("Read by", "读法"),
    "reading_way_masks": ("Mask places: all at once", "掩码：一次全读出"),
    "reading_way_seq2seq": ("Seq2seq: piece by piece", "seq2seq：逐字写出"),
    "reading_way_spans": ("Start and end", "首尾指针"),
    "reading_way_both": ("Both, to compare", "两种都用，比一比"),
    "reading_threshold": ("Threshold", "阈值"),
    "reading_threshold_info": ("Less probable answers do not count.", "概率更低的答案不算。"),
    "reading_tuned": ("The tuned one", "用调好的值"),
    "reading_passages": ("Passages read", "读几段"),
    "reading_passages_info": (
        "Of longer documents the likeliest passages, found by BM25.",
        "文档较长时，只读 BM25 找出的最相关的几段。",
    ),
    "reading_traveller": ("A traveller", "旅行家"),
    "reading_tree": ("A tree", "一种树"),
    "reading_bridge": ("A bridge", "一座桥"),
    "reading_planet": ("A planet", "一颗行星"),
    "reading_library": ("A notice", "一则通知"),
    "reading_race": ("A race", "一场比赛"),
}

PHRASES: dict[str, tuple[str, str]] = {
    "reading_nothing_yet": ("The answer will stand here.", "答案会出现在这里。"),
    "reading_waiting": (
        "The model is loading. Your question will be answered as soon as it is ready; nothing is lost.",
        "模型正在载入。一就绪就回答您的问题，内容不会丢失。",
    ),
    "reading_busy": ("Reading …", "正在读……"),
    "reading_second": ("Now the other way …", "再用另一种读法……"),
    "reading_stopped": ("Stopped.", "已停止。"),
    "reading_ask_these": ("Ask:", "问一问："),
    "reading_confidence": ("Confidence", "把握"),
    "reading_no_answer": ("No answer", "没有答案"),
    "reading_closest": (
        "The closest was “{answer}” with {probability}; the threshold is {threshold}.",
        "最接近的是“{answer}”，概率 {probability}；阈值为 {threshold}。",
    ),
    "reading_place_in": ("characters {start}–{end}", "第 {start}–{end} 字"),
    "reading_pasted": ("Pasted text", "粘贴的文字"),
    "reading_copy": ("Copy the answer", "复制答案"),
    "reading_json": ("JSON", "JSON"),
    "reading_characters": ("{characters} characters", "{characters} 字"),
    "reading_some_1": ("{read} passage read of {total}", "{total} 段中读了 {read} 段"),
    "reading_some": ("{read} passages read of {total}", "{total} 段中读了 {read} 段"),
    # the two ways
    "reading_masks": ("Mask places", "掩码"),
    "reading_seq2seq": ("Seq2seq", "seq2seq"),
    "reading_spans": ("Start and end", "首尾指针"),
    "reading_masks_how": ("all places in one pass", "一次读出所有位置"),
    "reading_seq2seq_how": ("piece by piece", "逐字写出"),
    "reading_spans_how": ("start and end of the answer", "答案的首与尾"),
    # the mask places
    "reading_places": ("What the mask places say", "掩码位置读出了什么"),
    "reading_places_hint": (
        "Every column is a [MASK] before the question; all were read in one pass, none knows what the others say. "
        "The darker, the more probable. Framed is what the answer takes: a run of characters that the passage holds.",
        "每一列是问题前面的一个 [MASK]，一次全部读出，互不知晓。颜色越深概率越大。"
        "带框的是答案取用的字：连起来须是原文中的一段。",
    ),
    "reading_of_passage": ("Passage {number}: {answer}", "第 {number} 段：{answer}"),
    "reading_end": ("end", "完"),
    "reading_end_tip": ("[SEP]: the answer ends here", "[SEP]：答案到此为止"),
    "reading_held_tip": (
        "Not among the most probable: taken because the passage goes on so",
        "不在概率最高之列：因原文如此而取",
    ),
    "reading_empty": ("no answer here", "本段无答案"),
    # the candidates
    "reading_candidates": ("Candidates by passage", "各段的候选答案"),
    "reading_candidates_hint": (
        "Equal answers vote together: Σp² ∕ (1 + Σp). A row shows its mask places.",
        "相同的答案合计得票：Σp² ∕ (1 + Σp)。点一行，看它的掩码位置。",
    ),
    "reading_candidates_plain": (
        "Equal answers vote together: Σp² ∕ (1 + Σp).",
        "相同的答案合计得票：Σp² ∕ (1 + Σp)。",
    ),
    "reading_number": ("Passage", "段"),
    "reading_answer": ("Answer", "答案"),
    "reading_probability": ("Probability", "概率"),
    "reading_vote": ("Vote", "得票"),
    "reading_evidence": ("Evidence", "依据"),
    "reading_relevance": ("BM25", "BM25"),
    "reading_below": ("below the threshold", "低于阈值"),
    "reading_same_place": ("the same place, read twice: one vote", "同一处读了两遍，只计一票"),
    # files
    "reading_no_files": (
        "No file is open. Several can be opened at once: {kinds}, at most {most} files, {megabytes} MB each, "
        "PDF {pdf_megabytes} MB.",
        "还没有打开文件。可以一次打开几个：{kinds}，最多 {most} 个，"
        "每个 {megabytes} MB 以内，PDF {pdf_megabytes} MB 以内。",
    ),
    "reading_opening": ("Reading file {number} of {total}: {name}", "正在读第 {number} 个文件，共 {total} 个：{name}"),
    "reading_indexing": ("Indexing: {passages} passages", "正在编索引：{passages} 段"),
    "reading_indexed": (
        "{files}, {characters} characters, {passages}: ask as often as you like.",
        "{files}，{characters} 字，{passages}：想问多少次都行。",
    ),
    "reading_n_files": ("{number} files", "{number} 个文件"),
    "reading_n_files_1": ("{number} file", "{number} 个文件"),
    "reading_n_passages": ("{number} passages", "{number} 段"),
    "reading_n_passages_1": ("{number} passage", "{number} 段"),
    "reading_privacy": (
        "Uploads are deleted as soon as they have been read; their text stays in memory for you alone, for an hour.",
        "上传的文件读完即删；文字只为您一人留在内存里一小时。",
    ),
    "reading_refused": ("Not opened:", "没有打开："),
}
