"""Words of the tab 三元组."""

WORDS: dict[str, tuple[str, str]] = {
    "tab_triples": ("Triples", "三元组"),
    "triples_text": ("Text", "文字"),
    "triples_placeholder": (
        "Paste a passage that states facts, drop a file, or choose an example below.",
        "在这里粘贴一段陈述事实的文字，拖入文件，或点下面的例子。",
    ),
    "extract": ("Find triples", "抽取三元组"),
    "triples_biography": ("Biography", "人物"),
    "triples_film": ("Film", "电影"),
    "triples_company": ("Company", "公司"),
    "triples_book": ("Book", "图书"),
    "triples_geography": ("Geography", "地理"),
    "triples_many": ("Many texts", "批量抽取"),
    "triples_open_many": ("Open a file of texts", "打开多篇文字的文件"),
    "triples_many_threshold": ("Threshold for the file", "文件用的阈值"),
    "triples_many_tuned": ("0: the tuned one.", "0：用调好的阈值。"),
    "triples_save_jsonl": ("Save as JSONL", "保存为 JSONL"),
    "triples_save_csv": ("Save as CSV", "保存为 CSV"),
}

PHRASES: dict[str, tuple[str, str]] = {
    "triples_nothing_yet": ("The triples will stand here.", "三元组会出现在这里。"),
    "triples_waiting": (
        "The model is loading. Your text will be read as soon as it is ready; nothing is lost.",
        "模型正在载入。一就绪就读您的文字，内容不会丢失。",
    ),
    "triples_reading": ("Reading the text …", "正在读文字……"),
    "triples_stopped": ("Stopped.", "已停止。"),
    "triples_none": (
        "No triple was found. The model knows certain relations only: try a text that states facts "
        "of a person, a work, a company or a place.",
        "没有找到三元组。模型只认得一定的关系：请试试讲人物、作品、公司或地方的事实的文字。",
    ),
    "triples_all_hidden": (
        "No triple is this probable: lower the threshold.",
        "没有概率这么高的三元组：请调低阈值。",
    ),
    "triples_threshold": ("Threshold", "阈值"),
    "triples_count": ("triples", "个三元组"),
    "triples_read": ("{characters} characters read", "读了 {characters} 字"),
    "triples_windows": ("{windows} windows", "{windows} 个窗口"),
    "triples_subject": ("Subject", "主语"),
    "triples_predicate": ("Predicate", "谓语"),
    "triples_object": ("Object", "宾语"),
    "triples_both": ("Both", "既是主语又是宾语"),
    "triples_probability": ("Probability", "概率"),
    "triples_graph_missing": (
        "The graph cannot be drawn in this browser; the table holds the same.",
        "这个浏览器里画不出图；表格里的内容相同。",
    ),
    "triples_graph_hint": (
        "Drag the nodes. Click into the graph, then the wheel zooms and dragging moves it. Click a node, an edge "
        "or a row to see where its words stand.",
        "可以拖动节点。点一下图，滚轮即可缩放，拖动空白处即可平移。点节点、边或表格的行，看它们在文中何处。",
    ),
    "triples_graph_part": (
        "The graph shows the {most} most probable triples.",
        "图中只画概率最高的 {most} 个三元组。",
    ),
    "triples_table_part": (
        "The table shows the {most} most probable triples; the JSON file holds all.",
        "表中只列概率最高的 {most} 个三元组；JSON 文件里有全部。",
    ),
    "triples_relations": ("{count} relations that the model knows", "模型认得的 {count} 种关系"),
    "triples_zoom_in": ("Zoom in", "放大"),
    "triples_zoom_out": ("Zoom out", "缩小"),
    "triples_fit": ("Show all", "显示全图"),
    "triples_graph": ("Graph of the triples", "三元组的图"),
    # many texts
    "triples_many_hint": (
        "A .txt file with a text a line, or a .jsonl file with a field “text”: at most {rows} texts "
        "and {megabytes} MB.",
        "每行一篇的 .txt，或带 text 字段的 .jsonl：最多 {rows} 篇，{megabytes} MB。",
    ),
    "triples_many_reading": ("{done} of {total} texts read", "{total} 篇中已读 {done} 篇"),
    "triples_many_done": (
        "{texts} texts read, {triples} triples found in {seconds} s.",
        "读了 {texts} 篇，找到 {triples} 个三元组，用了 {seconds} 秒。",
    ),
    "triples_many_bad": ("{count} rows were passed over:", "跳过了 {count} 行："),
    "triples_many_bad_row": ("row {row}: {why}", "第 {row} 行：{why}"),
    "triples_many_bad_more": ("and {count} more", "另有 {count} 行"),
    "triples_many_long": (
        "Stopped after {seconds} seconds; what was read until then can be saved.",
        "到 {seconds} 秒已停止；此前读完的可以保存。",
    ),
}
