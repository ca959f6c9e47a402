"""Words of the tab 对话."""

WORDS: dict[str, tuple[str, str]] = {
    "tab_chat": ("Chat", "对话"),
    "chat_box": ("Message", "消息"),
    "chat_placeholder": (
        "Paste a text, drop files, or say what you would like …",
        "粘贴文字、拖入文件，或说说想做什么……",
    ),
    "chat_example_title": ("A title for a news item", "给新闻起标题"),
    "chat_example_triples": ("Who did what in a biography", "传记里的三元组"),
    "chat_example_question": ("Ask about a text", "就一段文字提问"),
    "chat_example_matrix": ("Check a matrix", "检查矩阵"),
    "chat_example_rope": ("Draw a rope", "画一根跳绳"),
    "chat_example_race": ("Race optimizers", "优化器赛跑"),
}

PHRASES: dict[str, tuple[str, str]] = {
    "chat_hello": (
        "Hello! Talk to me instead of looking for a tab: paste a text or drop files, then ask for titles, for "
        "who did "
        "what, or about what it says; or for a matrix, a rope, a race of optimizers.",
        "您好！不必找是哪个标签页，直接说就行：粘贴文字或拖入文件，让我写标题、抽三元组、答问题；也可以检查矩阵、"
        "画绳子、让优化器赛跑。",
    ),
    "chat_keeps": (
        "Your words are kept in this browser, and with texts and results in the server's memory for up to an hour "
        "after the last message, never on its disk; files are deleted once read.",
        "对话文字保存在您的浏览器里；文字、文章和结果还会留在服务器内存中，最后一条消息后最多一小时，不写入硬盘；"
        "文件读完即删。",
    ),
    "chat_restored": (
        "From your last visit, words only: texts, files and results were not kept. Paste a text again to go on "
        "with it.",
        "这是上次的对话，只剩文字：文章、文件和结果都没有保留。要接着用，请把文字再贴一次。",
    ),
    "chat_no_model": ("without a model", "没有用模型"),
    "chat_source": ("Where its words stand in the text", "标题的字出自原文何处"),
    "chat_thinking": ("One moment …", "稍等……"),
    "chat_waiting": (
        "The model is loading; I answer as soon as it is ready.",
        "模型正在载入，一就绪就回答。",
    ),
    "chat_working": ("Working on it …", "正在做……"),
    "chat_made_room": (
        "The room was needed for others' texts: of what stands above, words alone are left. Paste a text again to go "
        "on with it.",
        "为了给别人的文字腾出位置，上面的对话只剩文字。要接着用，请把文字再贴一次。",
    ),
    "chat_stopped": ("Stopped.", "已停止。"),
    "chat_shortened": ("… ({characters} characters in all)", "……（共 {characters} 字）"),
    "chat_files_read": ("Files: {names}", "文件：{names}"),
    "chat_say_title": ("Write a title for this:", "给下面的文章起标题："),
    "chat_say_triples": ("Extract the triples:", "抽取三元组："),
    "chat_say_matrix": ("Check the matrix 0.5 -2; 2 0", "检查矩阵 0.5 -2; 2 0"),
    "chat_say_rope": ("Draw a skipping rope with L = 2.4 and D = 1.2", "画一根跳绳，绳长 2.4 米，手距 1.2 米"),
    "chat_say_race": (
        "Race sgd, momentum and adam on Rosenbrock, 500 steps",
        "在 rosenbrock 上比较 sgd、动量和 adam，跑 500 步",
    ),
    "chat_too_many_files": ("At most {most} files at once: drop fewer.", "一次最多 {most} 个文件：请少拖几个。"),
}
