"""Sentences about weights: folders, the Hub, loading."""

SENTENCES: dict[str, tuple[str, str]] = {
    "weights_no_file": ("The weights folder {name} has no {file}.", "权重文件夹 {name} 里没有 {file}。"),
    "weights_bad_file": (
        "{file} of the weights {name} is broken: download it again or choose other weights.",
        "权重 {name} 的 {file} 已损坏：请重新下载，或换一份权重。",
    ),
    "weights_vocabulary": (
        "The vocabulary of the weights {name} is not the one their configuration names.",
        "权重 {name} 的词表与其配置不符。",
    ),
    "weights_not_bert": (
        "The weights {name} are no BERT but {kind}: choose others.",
        "权重 {name} 不是 BERT，而是 {kind}：请换一份。",
    ),
    "weights_only_pickle": (
        "{name} holds its weights as a pickle, which is never loaded: choose weights with a {file}.",
        "{name} 的权重只有 pickle 格式，这里从不载入：请选用带 {file} 的权重。",
    ),
    "weights_setting": (
        "The weights {name} have {setting} = {value}, which is not supported here: choose others.",
        "权重 {name} 的 {setting} 为 {value}，这里不支持：请换一份。",
    ),
    "weights_not_finite": (
        "The weights {name} hold numbers that are not finite: choose others.",
        "权重 {name} 含有无穷或非数：请换一份。",
    ),
    "weights_no_tensor": (
        "The weights {name} lack the tensor {tensor}: choose others.",
        "权重 {name} 缺少张量 {tensor}：请换一份。",
    ),
    "weights_bad_shape": (
        "The tensors of the weights {name} do not have the shapes that their configuration names.",
        "权重 {name} 的张量形状与其配置不符。",
    ),
    "weights_no_folder": (
        "There are no weights {name}: give a folder that is there, a preset's name, or owner/name[@revision] on "
        "the Hub.",
        "没有权重 {name}：请给出已有的文件夹、预设名，或 Hub 上的 owner/name[@revision]。",
    ),
    "weights_no_embedded": (
        "No weights for {task} are shipped with this installation: choose a folder or owner/name on the Hub.",
        "本安装未附带 {task} 的权重：请指定一个文件夹，或 Hub 上的 owner/name。",
    ),
    "weights_other_task": (
        "The weights {name} are for {found}, not for {task}.",
        "权重 {name} 用于 {found}，不能用于 {task}。",
    ),
    "weights_other_kind": (
        "{variable} names {name}, which is {found}: {answering} answers instead.",
        "{variable} 指定的 {name} 是 {found}：改由 {answering} 作答。",
    ),
    "model_not_here": (
        "There is no model {model} here: choose {choices}.",
        "这里没有模型 {model}：请改选 {choices}。",
    ),
    "weights_sharded": (
        "The weights {name} lie in several pieces, which are not read here: save them as one model.safetensors.",
        "权重 {name} 分存在多个文件中，这里不读取：请存成单个 model.safetensors。",
    ),
    "weights_no_repository": (
        "There is no folder {name} here and no repository of that name on {host}: check the spelling.",
        "本机没有文件夹 {name}，{host} 上也没有这个仓库：请检查拼写。",
    ),
    "weights_no_revision": (
        "The repository {name} has no revision {revision}: check its branches and tags.",
        "仓库 {name} 没有版本 {revision}：请查看其分支与标签。",
    ),
    "weights_private": (
        "{host} shows {name} to nobody without a valid token: check the spelling or, if it is private, set "
        "HF_TOKEN or run `hf auth login`.",
        "没有有效的令牌，{host} 不提供 {name}：请检查拼写；若仓库是私有的，请设置 HF_TOKEN 或运行 `hf auth login`。",
    ),
    "weights_gated": (
        "{host} does not let you read {name}: ask for access on its page there, then set HF_TOKEN or run `hf "
        "auth login`.",
        "{host} 不允许您读取 {name}：请先在其页面申请权限，再设置 HF_TOKEN 或运行 `hf auth login`。",
    ),
    "weights_unreachable": (
        "{name} is not on this machine and {host} cannot be reached: check the network, then start again.",
        "{name} 不在本机，也连不上 {host}：请检查网络后重新启动。",
    ),
    "weights_offline": (
        "{name} is not on this machine and HF_HUB_OFFLINE forbids downloads: unset it, then start again.",
        "{name} 不在本机，而 HF_HUB_OFFLINE 禁止下载：请取消该设置后重新启动。",
    ),
    "weights_cut": (
        "The download of {file} of {name} was cut: start again, and it goes on from where it stopped.",
        "{name} 的 {file} 下载中断：重新启动后会从断点继续。",
    ),
    "weights_bytes": (
        "{file} of {name} came with other bytes than announced and was deleted: start again to download it anew.",
        "{name} 的 {file} 内容与公布的校验值不符，已删除：请重新启动以重新下载。",
    ),
    "weights_rate_limit": (
        "{host} has had too many requests from here: wait a few minutes, then start again to get {name}.",
        "{host} 收到本机过多请求：请几分钟后重新启动，再下载 {name}。",
    ),
    "weights_hub_down": (
        "{host} answered with error {status} when asked for {name}: start again later.",
        "向 {host} 请求 {name} 时返回错误 {status}：请稍后重新启动。",
    ),
    "weights_hub_answer": (
        "{host} does not answer like the Hugging Face Hub when asked for {name}: check HF_ENDPOINT and the proxy.",
        "向 {host} 请求 {name} 时，得到的不像 Hugging Face Hub 的回答：请检查 HF_ENDPOINT 与代理。",
    ),
    "weights_disk_full": (
        "There is no room for {name} in {folder}: free some, or point HF_HOME at another disk.",
        "{folder} 没有空间存放 {name}：请清理磁盘，或用 HF_HOME 指向另一块磁盘。",
    ),
    "weights_cache": (
        "{name} cannot be kept in {folder} ({why}): make it writable, or point HF_HOME at another folder.",
        "{name} 无法存入 {folder}（{why}）：请使其可写，或用 HF_HOME 指向其他文件夹。",
    ),
    "weights_no_task": (
        "The weights {name} were not trained for {task}: train them with `python -m core train {task}`, or choose "
        "others.",
        "权重 {name} 没有为 {task} 训练过：请用 `python -m core train {task}` 训练，或换一份。",
    ),
    "weights_unusable": (
        "The weights {name} could be loaded but do not answer: choose others; the server's log says more.",
        "权重 {name} 载入后不能作答：请换一份；详情见服务器日志。",
    ),
    "model_failed": (
        "The model could not be loaded; the server's log says why.",
        "模型未能载入；原因见服务器日志。",
    ),
}
