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
    "upload_too_large": (
        "A file may have at most {megabytes} MB: take a part of it.",
        "文件最大 {megabytes} MB：请截取一部分。",
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
