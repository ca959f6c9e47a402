"""Every sentence of `core`'s errors and notices, English and Chinese side by side."""

SENTENCES: dict[str, tuple[str, str]] = {
    # set-up
    "not_installed": (
        "{package} is not installed: run `make setup`, or `pip install -r pre-requirements.txt` and then "
        "`pip install -r requirements.txt`.",
        "没有安装 {package}:请运行 `make setup`,或先 `pip install -r pre-requirements.txt` 再 "
        "`pip install -r requirements.txt`。",
    ),
    "wrong_bert4keras": (
        "bert4keras {found} is installed, but only {wanted} works here: run `pip install -r pre-requirements.txt`, "
        "then `pip install -r requirements.txt`.",
        "装着的是 bert4keras {found},这里只能用 {wanted}:请先运行 `pip install -r pre-requirements.txt`,"
        "再运行 `pip install -r requirements.txt`。",
    ),
    "wrong_tf_keras": (
        "tf-keras {found} does not fit TensorFlow {wanted}: run `pip install -r requirements.txt`.",
        "tf-keras {found} 与 TensorFlow {wanted} 不配:请运行 `pip install -r requirements.txt`。",
    ),
    "keras_3_first": (
        "Keras 3 was imported before the models: start again with `TF_USE_LEGACY_KERAS=1 TF_KERAS=1` in the "
        "environment.",
        "模型之前已载入了 Keras 3:请在环境中设好 `TF_USE_LEGACY_KERAS=1 TF_KERAS=1` 后重新启动。",
    ),

    # weights
    "weights_no_file": ("The weights folder {name} has no {file}.", "权重文件夹 {name} 里没有 {file}。"),
    "weights_bad_file": (
        "{file} of the weights {name} is broken: download it again or choose other weights.",
        "权重 {name} 的 {file} 已损坏:请重新下载,或换一份权重。",
    ),
    "weights_vocabulary": (
        "The vocabulary of the weights {name} is not the one their configuration names.",
        "权重 {name} 的词表与其配置不符。",
    ),
    # files
    "no_rows": ("No usable row: each needs the fields {fields}.", "没有可用的行:每行都要有字段 {fields}。"),
    "file_missing": ("There is no file {file}.", "找不到文件 {file}。"),
    "file_unreadable": ("{file} cannot be read: {why}.", "无法读取 {file}:{why}。"),
    "table_kind": (
        "{file} is no jsonl, csv or tsv (plain, .gz or .xz).",
        "{file} 不是 jsonl、csv 或 tsv(可为 .gz 或 .xz)。",
    ),
}
