"""Sentences about reading: questions, passages, training."""

SENTENCES: dict[str, tuple[str, str]] = {
    "reading_file_kind": (
        "{file} is no .json or .jsonl (plain, .gz or .xz) in SQuAD's, WebQA's or SogouQA's form.",
        "{file} 不是 SQuAD、WebQA 或 SogouQA 格式的 .json 或 .jsonl（可为 .gz 或 .xz）。",
    ),
    "reading_no_question": ("There is no question: write one.", "没有问题：请写一个。"),
    "reading_no_passage": (
        "There is nothing to read: paste a passage or open a file.",
        "没有可读的内容：请粘贴一段文字或打开文件。",
    ),
    "reading_cleared": (
        "Your files had to make room for other visitors': open them again.",
        "您的文件已为其他访客腾出位置：请重新打开。",
    ),
    "reading_answer_gone": (
        "This answer is no longer kept: ask again, then move the threshold.",
        "这个答案已不再保留：请重新提问，再移动阈值。",
    ),
    "reading_question_long": (
        "The question has {pieces} word pieces; this model reads {most}: ask more briefly.",
        "问题有 {pieces} 个词元，模型最多读 {most} 个：请问得简短一些。",
    ),
    "reading_method": (
        "These weights cannot answer by “{method}”: choose one of {choices}.",
        "当前权重不能用“{method}”作答：请改选 {choices} 之一。",
    ),
    "reading_not_chinese": (
        "These weights learned Chinese: in another language they hardly find answers.",
        "当前权重学的是中文；其他语言中很难找到答案。",
    ),
    "reading_none_fit": (
        "No passage of the files holds an answer of its question as it is written: check the data.",
        "文件中没有一段文字含有其问题的答案原文：请检查数据。",
    ),
}
