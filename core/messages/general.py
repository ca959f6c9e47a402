"""Sentences about the set-up, values and texts that any task reads, and the page's door."""

SENTENCES: dict[str, tuple[str, str]] = {
    # set-up
    "not_installed": (
        "{package} is not installed: run `make setup`, or `pip install -r pre-requirements.txt` and then "
        "`pip install -r requirements.txt`.",
        "没有安装 {package}：请运行 `make setup`，或先 `pip install -r pre-requirements.txt` 再 "
        "`pip install -r requirements.txt`。",
    ),
    "not_installed_dev": (
        "{package} is not installed: run `pip install -r requirements-dev.txt`.",
        "没有安装 {package}：请运行 `pip install -r requirements-dev.txt`。",
    ),
    "wrong_bert4keras": (
        "bert4keras {found} is installed, but only {wanted} works here: run `pip install -r pre-requirements.txt`, "
        "then `pip install -r requirements.txt`.",
        "装着的是 bert4keras {found}，这里只能用 {wanted}：请先运行 `pip install -r pre-requirements.txt`,"
        "再运行 `pip install -r requirements.txt`。",
    ),
    "wrong_tf_keras": (
        "tf-keras {found} does not fit TensorFlow {wanted}: run `pip install -r requirements.txt`.",
        "tf-keras {found} 与 TensorFlow {wanted} 不配：请运行 `pip install -r requirements.txt`。",
    ),
    "bad_precision": (
        "WANZHUAN_PRECISION is {found}: set it to one of {choices}, or leave it out.",
        "WANZHUAN_PRECISION 设为 {found}：请改为 {choices} 之一，或不设。",
    ),
    "keras_3_first": (
        "Keras 3 was imported before the models: start again with `TF_USE_LEGACY_KERAS=1 TF_KERAS=1` in the "
        "environment.",
        "模型之前已载入了 Keras 3：请在环境中设好 `TF_USE_LEGACY_KERAS=1 TF_KERAS=1` 后重新启动。",
    ),
    # texts
    "text_empty": ("There is no text to read: paste or upload an article.", "没有可读的文字：请粘贴或上传一篇文章。"),
    "text_too_long": (
        "The text has {characters:,} characters; at most {most:,} are read: take a part of it.",
        "文章有 {characters:,} 字，最多可读 {most:,} 字：请截取一部分。",
    ),
    "too_busy": (
        "The model is too busy to answer in time: try again in a minute.",
        "模型太忙，未能及时回答：请过一分钟再试。",
    ),
    "loading_too_long": (
        "The model is still loading after {seconds} seconds: please come back in a while.",
        "过了 {seconds} 秒模型仍未载入完：请稍后再来。",
    ),
    "too_late": (
        "This took longer than {seconds} seconds and was stopped: try a shorter text, or ask for less.",
        "超过 {seconds} 秒，已停止：请缩短文字，或少要一些结果。",
    ),
    "title_none": (
        "No title could be written for this text: give a few whole sentences.",
        "这段文字写不出标题：请给出几个完整的句子。",
    ),
    "not_chinese": (
        "These weights learned Chinese; a title for another language is mostly words picked from the text.",
        "当前权重学的是中文；其他语言的标题多半只是从原文摘出的词。",
    ),
    "out_of_range": ("{name} must lie between {least} and {most}.", "{name} 须在 {least} 与 {most} 之间。"),
    "not_above_zero": ("{name} must be more than 0.", "{name} 须大于 0。"),
    "bad_choice": ("{name} must be one of: {choices}.", "{name} 须为以下之一：{choices}。"),
    # training
    "not_for_model": (
        "{name} is not for the model {model}: leave it out.",
        "{name} 不适用于模型 {model}：请去掉它。",
    ),
    "run_other": (
        "{folder} holds a run of another model, or a broken one: choose another --out, or delete that folder.",
        "{folder} 里是另一个模型的训练，或已损坏：请换一个 --out，或删除该文件夹。",
    ),
    "run_accumulates": (
        "{folder} holds a run of {was} batches an update: go on with --accumulate {was}, or choose another --out.",
        "{folder} 里的训练每 {was} 批更新一次：请用 --accumulate {was} 接着训练，或换一个 --out。",
    ),
    "replicas_accumulate": (
        "There are {replicas} devices, and each computes its share of an update's batches: "
        "say --accumulate {replicas}, or a multiple of it.",
        "有 {replicas} 个设备，各算每次更新的一部分批次：请用 --accumulate {replicas} 或它的倍数。",
    ),
    "bad_cluster": (
        "The workers could not be set up ({reason}): set TF_CONFIG in each process, "
        '{{"cluster": {{"worker": ["host:port", …]}}, "task": {{"type": "worker", "index": 0}}}}.',
        "各进程没能连起来（{reason}）：请在每个进程里设好 TF_CONFIG，"
        '{{"cluster": {{"worker": ["主机:端口", …]}}, "task": {{"type": "worker", "index": 0}}}}。',
    ),
    # the page's door
    "port_taken": (
        "{host}:{port} cannot be listened at: stop what runs there, or choose another with --port or --host.",
        "无法监听 {host}:{port}：请停掉占用它的程序，或用 --port、--host 另选一个。",
    ),
    "auth_form": (
        "--auth wants a name and a password with a colon between them, name:password, or a file of such lines.",
        "--auth 要写成“用户名:密码”，或给出每行一对的文件。",
    ),
}
