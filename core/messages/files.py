"""Sentences about files: rows of data, documents."""

SENTENCES: dict[str, tuple[str, str]] = {
    # files
    "no_rows": ("No usable row: each needs the fields {fields}.", "没有可用的行：每行都要有字段 {fields}。"),
    "file_missing": ("There is no file {file}.", "找不到文件 {file}。"),
    "file_unreadable": ("{file} cannot be read: {why}.", "无法读取 {file}:{why}。"),
    "table_kind": (
        "{file} is no jsonl, csv or tsv (plain, .gz or .xz).",
        "{file} 不是 jsonl、csv 或 tsv（可为 .gz 或 .xz)。",
    ),
    "row_no_text": ("no JSON with a field “text”.", "不是带 text 字段的 JSON。"),
    "too_many_texts": (
        "{file} holds more than {most:,} texts: split it.",
        "{file} 超过 {most:,} 篇：请分成几份。",
    ),
    # documents
    "document_kind": (
        "{file} is of a kind that is not read here: save it as one of {kinds}.",
        "这里读不了 {file} 这种文件：请另存为 {kinds} 之一。",
    ),
    "document_empty": ("{file} holds no text.", "{file} 里没有文字。"),
    "document_too_large": (
        "{file} is larger than {megabytes} MB: save its text alone, or a part of it.",
        "{file} 超过 {megabytes} MB：请只保存其中的文字，或截取一部分。",
    ),
    "document_unpacks_too_large": (
        "{file} unpacks to more than can be read here: save its text alone as .txt.",
        "{file} 解压后太大，无法读取：请把其中的文字另存为 .txt。",
    ),
    "document_broken": (
        "{file} is no whole Word file: open it in Word, save it again as .docx, or save it as .txt.",
        "{file} 不是完整的 Word 文件：请用 Word 打开后重新存为 .docx，或存为 .txt。",
    ),
    "document_binary": (
        "{file} is no text in UTF-8, UTF-16 or GB18030: save it again in one of them.",
        "{file} 不是 UTF-8、UTF-16 或 GB18030 编码的文本：请用其中一种重新保存。",
    ),
}
