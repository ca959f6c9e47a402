"""Sentences about files: rows of data, documents."""

SENTENCES: dict[str, tuple[str, str]] = {
    # files
    "no_rows": ("No usable row: each needs the fields {fields}.", "没有可用的行：每行都要有字段 {fields}。"),
    "file_missing": ("There is no file {file}.", "找不到文件 {file}。"),
    "file_unreadable": ("{file} cannot be read: {why}.", "无法读取 {file}:{why}。"),
    "file_unwritable": (
        "{file} cannot be written ({why}): name a file in a folder that is there.",
        "无法写入 {file}（{why}）：请指定一个已有文件夹里的文件。",
    ),
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
    "files_busy": (
        "Too many files are being read: try again in a minute.",
        "正在读取的文件太多：请过一分钟再试。",
    ),
    "document_unreadable": (
        "{file} could not be read: save its text alone as .txt.",
        "{file} 无法读取：请只把其中的文字存为 .txt。",
    ),
    "document_too_slow": (
        "{file} could not be read in {seconds} seconds: save its text alone as .txt.",
        "{file} 在 {seconds} 秒内没能读完：请只把其中的文字存为 .txt。",
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
    "document_other_kind": (
        "By what is in it, {file} is a {kind} file: give it that ending.",
        "从内容看，{file} 是 {kind} 文件：请把扩展名改成它。",
    ),
    "document_too_long": (
        "{file} has more than {most:,} characters: split it.",
        "{file} 超过 {most:,} 个字符：请拆开。",
    ),
    "documents_too_long": (
        "There are more than {most:,} characters together: open fewer files, or paste less.",
        "合计超过 {most:,} 个字符：请少选几个文件，或少粘贴一些文字。",
    ),
    "too_many_documents": (
        "That is more than {most} files: open fewer of them.",
        "文件超过 {most} 个：请少选几个。",
    ),
    # questions about documents
    "answer_none": (
        "No answer was found that is sure enough: ask differently, or lower the threshold.",
        "没有找到把握足够的答案：请换个问法，或调低阈值。",
    ),
    "answer_dash": (
        "Standard input (-) is read alone: name it, or files.",
        "标准输入（-）只能单独读取：请只写它，或只写文件。",
    ),
    # pdf
    "pdf_broken": (
        "{file} is no whole PDF: open it in a PDF program and save it again, or save its text as .txt.",
        "{file} 不是完整的 PDF：请用 PDF 软件打开后重新保存，或把文字存为 .txt。",
    ),
    "pdf_password": (
        "{file} is locked by a password: save a copy without one.",
        "{file} 有密码保护：请另存一份不带密码的。",
    ),
    "pdf_no_text": (
        "{file} holds pictures of pages, no text: run it through text recognition (OCR) first.",
        "{file} 里只有页面图片，没有文字：请先做文字识别（OCR）。",
    ),
    "pdf_pages": (
        "{file} has more than {most:,} pages: split it.",
        "{file} 超过 {most:,} 页：请拆开。",
    ),
    "pdf_page_too_slow": (
        "A page of {file} could not be read in {seconds} seconds: leave it out, or save the text as .txt.",
        "{file} 有一页在 {seconds} 秒内没能读完：请去掉这一页，或把文字存为 .txt。",
    ),
    "pdf_too_slow": (
        "{file} could not be read in {seconds} seconds: save it again in a PDF program, or save its text as .txt.",
        "{file} 在 {seconds} 秒内没能读完：请用 PDF 软件重新保存，或把文字存为 .txt。",
    ),
}
