"""Sentences about what goes to the Hub: weights and Spaces."""

SENTENCES: dict[str, tuple[str, str]] = {
    "publish_name": (
        "{repo} is no repository's name: write owner/name, of Latin letters, digits, - _ and ., at most 96 characters.",
        "{repo} 不是仓库名：请写成 owner/name，只用拉丁字母、数字和 - _ .，最多 96 个字符。",
    ),
    "publish_no_token": (
        "No token for {host} was found: set HF_TOKEN to one that may write, or run `hf auth login`.",
        "没有找到 {host} 的令牌：请把 HF_TOKEN 设为有写权限的令牌，或运行 `hf auth login`。",
    ),
    "publish_token": (
        "{host} does not accept the token for {repo}: make a new one that may write, then set HF_TOKEN or run "
        "`hf auth login`.",
        "{host} 不接受用于 {repo} 的令牌：请新建一个有写权限的令牌，再设置 HF_TOKEN 或运行 `hf auth login`。",
    ),
    "publish_payment": (
        "{host} wants a subscription or a payment method before it makes {repo}: see its billing page.",
        "{host} 要求先订阅或设置付款方式，才能建立 {repo}：请查看其账单页面。",
    ),
    "publish_forbidden": (
        "{host} does not let this token write to {repo}: check the owner's name, and that the token may write there.",
        "{host} 不允许用此令牌写入 {repo}：请检查所有者的名字，以及令牌在那里有没有写权限。",
    ),
    "publish_missing": (
        "{host} has no place for {repo}: check the owner's name, and that the token may see it.",
        "{host} 上没有 {repo} 的位置：请检查所有者的名字，以及令牌能否看到它。",
    ),
    "publish_conflict": (
        "{repo} was being changed on {host} at the same time, or its name is taken by another kind of repository: "
        "look at it there, then try again.",
        "{repo} 在 {host} 上正被同时修改，或这个名字已被另一种仓库占用：请先到那里查看，再试一次。",
    ),
    "publish_refused": (
        "{host} refuses {repo} ({why}): mend that, then try again.",
        "{host} 拒绝了 {repo}（{why}）：请改正后再试。",
    ),
    "publish_rate": (
        "{host} has had too many requests from here: wait a few minutes, then publish {repo} again.",
        "{host} 收到本机过多请求：请过几分钟再发布 {repo}。",
    ),
    "publish_hub_down": (
        "{host} answered with error {status} while {repo} was being published: try again later; what arrived is kept.",
        "发布 {repo} 时 {host} 返回错误 {status}：请稍后再试，已上传的部分会保留。",
    ),
    "publish_unreachable": (
        "{host} cannot be reached: check the network, then publish {repo} again.",
        "连不上 {host}：请检查网络后再发布 {repo}。",
    ),
    "publish_offline": (
        "HF_HUB_OFFLINE forbids publishing {repo}: unset it, then try again.",
        "HF_HUB_OFFLINE 禁止发布 {repo}：请取消该设置后再试。",
    ),
    "publish_answer": (
        "{host} does not answer like the Hugging Face Hub while {repo} is published: check HF_ENDPOINT and the proxy.",
        "发布 {repo} 时，{host} 的回答不像 Hugging Face Hub：请检查 HF_ENDPOINT 与代理。",
    ),
    # weights
    "publish_no_folder": (
        "There is no weights folder {folder}: name the one that `python -m core train` has made.",
        "没有权重文件夹 {folder}：请给出 `python -m core train` 生成的文件夹。",
    ),
    "publish_no_card": (
        "{folder} has no card: write its README.md first, with the data, the licence, and scores with their commands.",
        "{folder} 没有模型卡：请先写好 README.md，说明数据、许可和评分及其命令。",
    ),
    # Spaces
    "space_weights_here": (
        "The Space cannot see the weights {name} of this machine: publish them first with `python -m core publish "
        "{task}`, then give owner/name.",
        "Space 看不到本机的权重 {name}：请先用 `python -m core publish {task}` 发布，再给出 owner/name。",
    ),
    "space_incomplete": (
        "{file} is missing here, and a Space does not start without it: start from a whole copy of the project.",
        "这里缺少 {file}，没有它 Space 无法启动：请使用完整的项目副本。",
    ),
    "space_readme": (
        "The front matter of README.md cannot be read: it begins and ends with a line of three dashes.",
        "README.md 开头的元数据无法读取：它应以一行三个短横开始和结束。",
    ),
}
