"""Words of the page itself, and those that several tabs share."""

WORDS: dict[str, tuple[str, str]] = {
    "stop": ("Stop", "停止"),
    "more": ("More", "更多选项"),
    "upload": ("Open a file", "打开文件"),
    "share": ("Copy a link to this", "复制链接"),
    "relabel": ("Draw again", "重画"),
}

PHRASES: dict[str, tuple[str, str]] = {
    "tagline": (
        "Small, open Chinese language models to play with, and a laboratory of matrices and ropes.",
        "可以动手玩的中文小模型，和一间玩矩阵与绳子的实验室。",
    ),
    "try": ("Try one:", "试一试："),
    "stopping": ("Stopping …", "正在停止……"),
    "stage_waiting": ("The model is about to load …", "模型即将载入……"),
    "stage_loading": ("The model is loading …", "模型正在载入……"),
    "stage_warming": ("The model is warming up …", "模型正在预热……"),
    "stage_ready": ("Ready", "已就绪"),
    "stage_failed": ("The model could not be loaded.", "模型没能载入。"),
    "copy": ("Copy", "复制"),
    "copied": ("Copied", "已复制"),
    "embed": ("Embed this page", "嵌入本页"),
    "embed_why": (
        "Show this page on another one: put one of these into its HTML. “Copy a link to this” in a tab gives an "
        "address that opens the tab as it stands.",
        "在别的网页中显示本页：把下面任一段放进它的 HTML。标签页里的“复制链接”会给出保留当前内容的地址。",
    ),
    "embed_iframe": ("In a frame", "用 iframe"),
    "embed_element": ("As an element of Gradio’s", "用 Gradio 的网页组件"),
    "copy_all": ("Copy all", "全部复制"),
    "seconds": ("{seconds} s", "{seconds} 秒"),
    "something_wrong": (
        "Something went wrong on our side; your text is still here. Please try again.",
        "我们这边出了点问题；您的文字还在。请再试一次。",
    ),
    "note": ("Please note", "请注意"),
    "switch": ("中文", "English"),
    "save_png": ("PNG", "PNG"),
    "save_svg": ("SVG", "SVG"),
    "save_csv": ("CSV", "CSV"),
    "save_data": ("Save the data", "保存数据"),
}
