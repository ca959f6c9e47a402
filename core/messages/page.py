"""Sentences about the page's door: who may come in, how often, and with how much."""

SENTENCES: dict[str, tuple[str, str]] = {
    "rate_limit": (
        "At most {most} questions a minute are answered for one visitor: ask again in {seconds} s.",
        "每位访客每分钟最多可问 {most} 次：请 {seconds} 秒后再试。",
    ),
    "queue_full": (
        "The page is full, {most} visitors are waiting already: try again in a minute; your text stays here.",
        "页面正忙，已有 {most} 个请求在排队：请过一分钟再试，您的文字还在。",
    ),
    "call_unknown": (
        "Nothing here has this name or number: /gradio_api/info lists the endpoints that there are.",
        "这里没有这个名称或编号的接口：现有接口见 /gradio_api/info。",
    ),
    "call_unread": (
        "This call cannot be read: send JSON with the values in the form that /gradio_api/info describes.",
        "无法读取这次调用：请按 /gradio_api/info 的说明，用 JSON 发送各个值。",
    ),
    "call_values": (
        "These values do not fit: /gradio_api/info describes each of them; a file is uploaded first, and then named.",
        "这些值不合要求：各项说明见 /gradio_api/info；文件须先上传，再写它的名称。",
    ),
    "log_kind": (
        "{kind} is no kind of log: write --log or WANZHUAN_LOG as one of {kinds}.",
        "没有 {kind} 这种日志：--log 或 WANZHUAN_LOG 请写 {kinds} 之一。",
    ),
    "proxies_number": (
        "WANZHUAN_PROXIES is the number of proxies in front of this page: write 0 to 8, or leave it out.",
        "WANZHUAN_PROXIES 是本页前面的代理个数：请写 0 到 8，或不设。",
    ),
    "redis_address": (
        "REDIS_URL is no address of a Redis server: write it like redis://host:6379/0, or leave it out.",
        "REDIS_URL 不是 Redis 服务器的地址：请写成 redis://主机:6379/0 这样，或不设。",
    ),
    "stopping": (
        "This server is being restarted and takes no new questions: ask again in a minute; your text stays here.",
        "服务器正在重启，暂不接受新的问题：请过一分钟再试，您的文字还在。",
    ),
    "still_loading": (
        "The models are still being loaded ({tasks}): wait a little.",
        "模型还在载入（{tasks}）：请稍候。",
    ),
    "upload_too_large": (
        "A file may have at most {megabytes} MB: take a part of it.",
        "文件最大 {megabytes} MB：请截取一部分。",
    ),
    "queue_address": (
        "{most} requests from your address are waiting already: try again in a minute; your text stays here.",
        "您的地址已有 {most} 个请求在排队：请过一分钟再试，您的文字还在。",
    ),
    "answers_unread": (
        "Answers of this session lie unfetched: take them first.",
        "本会话还有答案没有取走：请先取走。",
    ),
    "body_too_large": (
        "What was sent has more than {megabytes} MB, or too many parts: send it as a file.",
        "发来的内容超过 {megabytes} MB，或部分过多：请作为文件上传。",
    ),
    "uploads_too_large": (
        "Files sent together may have at most {megabytes} MB: send fewer at a time.",
        "一次上传的文件合计最大 {megabytes} MB：请分几次上传。",
    ),
    "disk_full": (
        "The server has no room for files just now: try again in half an hour, or paste the text.",
        "服务器暂时没有空间存放文件：请半小时后再试，或直接粘贴文字。",
    ),
    "session_other": (
        "This belongs to another visit: reload the page.",
        "这属于另一次访问：请刷新页面。",
    ),
    "login_rate": (
        "At most {most} tries to log in a minute are taken from one address: try again in {seconds} s.",
        "每个地址每分钟最多可尝试登录 {most} 次：请 {seconds} 秒后再试。",
    ),
    "login_foreign": (
        "This page asks for a login and answers no other site: open it by itself.",
        "本页需要登录，不回答其他网站的请求：请直接打开本页。",
    ),
    "auth_mcp": (
        "--mcp has no login: leave out --auth or --mcp.",
        "--mcp 不支持登录：请去掉 --auth 或 --mcp。",
    ),
    "auth_file": (
        "{file} holds no pairs for --auth: write one name:password a line; empty lines and those after # are left out.",
        "{file} 里没有可用于 --auth 的账号：请每行写一个“用户名:密码”，空行和 # 开头的行不计。",
    ),
}
