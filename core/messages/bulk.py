"""Sentences about bulk runs: inputs, rows that were left out, the output folder, the cluster."""

SENTENCES: dict[str, tuple[str, str]] = {
    # inputs
    "bulk_kind": (
        "{file} is of a kind that is not read here: give {kinds} (tables and text also packed as {packed}).",
        "这里读不了 {file} 这种文件：请给出 {kinds}（表格和文本也可压缩为 {packed}）。",
    ),
    "bulk_nothing": (
        "There is nothing to read in {places}: name files or folders of jsonl, csv, Parquet or text.",
        "{places} 里没有可读的文件：请指定 jsonl、csv、Parquet 或文本文件，或装有它们的文件夹。",
    ),
    "bulk_package": (
        "{address} needs a package that is not installed: {why}.",
        "读取 {address} 需要一个尚未安装的包：{why}。",
    ),
    "bulk_no_column": (
        "{file} has no column {column}, only {found}: name the right one with {flag}.",
        "{file} 没有 {column} 这一列，只有 {found}：请用 {flag} 指定正确的列。",
    ),
    # rows
    "row_no_json": ("no JSON object", "不是 JSON 对象"),
    "row_no_field": ("no text in {column}", "{column} 里没有文字"),
    "row_not_utf8": ("not UTF-8", "不是 UTF-8"),
    "row_too_long": ("longer than {megabytes} MB", "超过 {megabytes} MB"),
    "row_bad_csv": ("no row of a table: {why}", "不是表格的一行：{why}"),
    "row_failed": ("the model failed on this row", "模型处理这一行时出错"),
    # the output folder
    "bulk_out_in_input": (
        "The output folder {folder} lies in the input {place}: choose an --out elsewhere.",
        "输出文件夹 {folder} 在输入 {place} 之中：请把 --out 设在别处。",
    ),
    "bulk_out_other": (
        "{folder} is not empty and holds no bulk run: choose another --out.",
        "{folder} 不是空的，也不是批量处理的输出：请换一个 --out。",
    ),
    "bulk_out_unwritable": (
        "Nothing can be written in {folder} ({why}): choose another --out.",
        "无法写入 {folder}（{why}）：请换一个 --out。",
    ),
    "bulk_busy": (
        "Another run is writing to {folder}: wait for its end, or choose another --out.",
        "另一个任务正在写入 {folder}：请等它结束，或换一个 --out。",
    ),
    "bulk_changed": (
        "{folder} was begun with other {what}: go on with the same, or choose another --out.",
        "{folder} 开始时用的 {what} 与现在不同：请用原来的接着做，或换一个 --out。",
    ),
    "bulk_disk_full": (
        "No room is left for {folder}: what is done stays; make room and run the same command to go on.",
        "{folder} 所在的磁盘已满：已完成的部分都在；腾出空间后运行同一命令即可继续。",
    ),
    "bulk_broken": (
        "{file} is broken: delete it, and its part is done again.",
        "{file} 已损坏：删除它，对应的部分会重新处理。",
    ),
    # engines
    "not_installed_ray": (
        "Ray is not installed: run `pip install -r requirements-ray.txt`, or leave --engine out.",
        "没有安装 Ray：请运行 `pip install -r requirements-ray.txt`，或去掉 --engine。",
    ),
    "ray_unreachable": (
        "No Ray cluster answers at {address} ({why}): check the address, or leave --address out for one of its own.",
        "{address} 处没有 Ray 集群应答（{why}）：请检查地址，或去掉 --address 在本机另起一个。",
    ),
    "ray_failed": (
        "The cluster gave up ({why}): what is done stays; run the same command to go on.",
        "集群中断（{why}）：已完成的部分都在；运行同一命令即可继续。",
    ),
    "needs_engine": ("{name} is for --engine ray.", "{name} 只用于 --engine ray。"),
}
