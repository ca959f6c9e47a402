"""The page's words in English and Chinese, one table, and which of the two a visitor reads.

Three ways lead to the visitor, because Gradio translates in the browser, and only what is a label:
labels and buttons are `word(key)`, which the browser translates; text in our own HTML is `both(key)`, two spans of
which the style sheet shows one, so that a switch of language needs no server; messages that the server raises are
`sentence(error, request)`, in the language of the visitor's cookie or else of their browser.
"""

from __future__ import annotations

import html

import gradio as gr
from gradio.i18n import I18nData

from core.errors import VisitorError
from core.messages import SENTENCES

COOKIE = "wanzhuan_language"  # set by assets/page.js when the visitor switches

# Labels: Gradio's translator reads these as ICU messages, so they hold no braces, apostrophes or HTML.
WORDS: dict[str, tuple[str, str]] = {
    "tab_titling": ("Titles", "标题"),
    "article": ("Article", "文章"),
    "article_placeholder": (
        "Paste an article here, drop a file, or choose an example below.",
        "在这里粘贴文章、拖入文件，或点下面的例子。",
    ),
    "upload": ("Open a file", "打开文件"),
    "count": ("Number of titles", "标题个数"),
    "write": ("Write titles", "写标题"),
    "stop": ("Stop", "停止"),
    "more": ("More", "更多选项"),
    "method": ("How to search", "解码方法"),
    "method_beam": ("Beam search", "束搜索"),
    "method_sample": ("Random sampling", "随机采样"),
    "beams": ("Beams", "束宽"),
    "beams_info": ("More of them search wider and take longer.", "越大找得越广，也越慢。"),
    "temperature": ("Temperature", "温度"),
    "temperature_info": ("Higher is more daring.", "越高越大胆。"),
    "top_k": ("Top k", "top-k"),
    "top_k_info": ("Only the k likeliest characters; 0 is off.", "只在概率最高的 k 个字里选；0 为不限。"),
    "top_p": ("Top p", "top-p"),
    "top_p_info": ("Only the likeliest that make up this share.", "只在累计概率达到 p 的字里选。"),
    "seed": ("Seed", "随机种子"),
    "seed_info": ("The same seed gives the same titles.", "种子相同，标题就相同。"),
    "min_length": ("Shortest title", "最短长度"),
    "max_length": ("Longest title", "最长长度"),
    "no_repeat": ("No repeated n-grams of", "不许重复的 n-gram 长度"),
    "no_repeat_info": ("So many characters in a row come once; 0 is off.", "连续这么多字只出现一次；0 为不限。"),
    "example_news": ("News", "新闻"),
    "example_abstract": ("Abstract", "论文摘要"),
    "example_technology": ("Technology", "科技"),
    "example_sport": ("Sport", "体育"),
    "example_finance": ("Finance", "财经"),
    "example_story": ("Story", "故事"),
}

# Text in our own HTML and in messages: places in braces are filled, and escaped.
PHRASES: dict[str, tuple[str, str]] = {
    "tagline": (
        "Small, open Chinese language models to play with. Paste an article, read its title.",
        "可以动手玩的中文小模型。粘贴一篇文章，读它的标题。",
    ),
    "try": ("Try one:", "试一试："),
    "stage_waiting": ("The model is about to load …", "模型即将载入……"),
    "stage_loading": ("The model is loading …", "模型正在载入……"),
    "stage_warming": ("The model is warming up …", "模型正在预热……"),
    "stage_ready": ("Ready", "已就绪"),
    "stage_failed": ("The model could not be loaded.", "模型没能载入。"),
    "waiting_for_model": (
        "The model is loading. Your titles will be written as soon as it is ready; nothing is lost.",
        "模型正在载入。一就绪就为您写标题，内容不会丢失。",
    ),
    "writing": ("Reading the article …", "正在读文章……"),
    "nothing_yet": ("The titles will stand here.", "标题会写在这里。"),
    "no_title": (
        "The model found no title. Try other settings under “More”.",
        "模型没有写出标题。请试试“更多选项”里的其他设置。",
    ),
    "stopped": ("Stopped.", "已停止。"),
    "copy": ("Copy", "复制"),
    "copied": ("Copied", "已复制"),
    "copy_all": ("Copy all", "全部复制"),
    "score": ("mean log-probability of a piece", "每个词片的平均对数概率"),
    "in_article": (
        "Marked: what the title took from the article. Point at a title to see where its words stand.",
        "标出的是标题取自原文的字。指向一个标题，看它的字出自何处。",
    ),
    "seconds": ("{seconds} s", "{seconds} 秒"),
    "read_all": ("all {characters} characters read", "读完全部 {characters} 字"),
    "read_part": ("{read} of {characters} characters read", "读了 {characters} 字中的 {read} 字"),
    "read_part_why": (
        "The article is longer than the model reads: its beginning and the sentences with most of its keywords were "
        "read, {read} of {characters} characters.",
        "文章超出模型一次能读的长度：读了开头和关键词最多的句子，共 {characters} 字中的 {read} 字。",
    ),
    "shown_part": (
        "The first {shown} characters are shown.",
        "只显示前 {shown} 字。",
    ),
    "took_too_long": (
        "This took longer than {seconds} seconds and was stopped: try a shorter article or fewer titles.",
        "超过 {seconds} 秒，已停止：请缩短文章或减少标题个数。",
    ),
    "loading_too_long": (
        "The model is still loading after {seconds} seconds: please come back in a while.",
        "过了 {seconds} 秒模型仍未载入完：请稍后再来。",
    ),
    "something_wrong": (
        "Something went wrong on our side; your text is still here. Please try again.",
        "我们这边出了点问题；您的文字还在。请再试一次。",
    ),
    "note": ("Please note", "请注意"),
    "switch": ("中文", "English"),
}


def translations() -> gr.I18n:
    """What the browser translates labels from.  Traditional Chinese browsers read the same Chinese."""
    english = {key: pair[0] for key, pair in WORDS.items()}
    chinese = {key: pair[1] for key, pair in WORDS.items()}
    return gr.I18n(**{"en": english, "zh-CN": chinese, "zh-TW": chinese, "zh": chinese})


def word(key: str) -> I18nData:
    """A label, for the browser to translate.  Raises KeyError for a key that has no words."""
    if key not in WORDS:  # must show when the page is built, not on the page
        raise KeyError(key)
    return I18nData(key)


def phrase(key: str, language: str, **values: object) -> str:
    """A phrase in one language, as plain text."""
    english, chinese = PHRASES[key]
    return (chinese if language == "zh" else english).format(**values)


def spans(english: str, chinese: str) -> str:
    """Both texts as HTML; the style sheet shows the visitor's."""
    return (
        f'<span class="wz-en" lang="en">{html.escape(english)}</span>'
        f'<span class="wz-zh" lang="zh-CN">{html.escape(chinese)}</span>'
    )


def both(key: str, **values: object) -> str:
    """A phrase as HTML in both languages, its values escaped."""
    return spans(phrase(key, "en", **values), phrase(key, "zh", **values))


def notice(told: str | VisitorError) -> str:
    """A notice of `core`, a key of its sentences or an error, as HTML in both languages."""
    if isinstance(told, VisitorError):
        return spans(told.sentence("en"), told.sentence("zh"))
    return spans(*SENTENCES.get(told, (told, told)))


def language_of(request: gr.Request | None) -> str:
    """The visitor's language, "zh" or "en": what they chose on the page, else the first that their browser asks for."""
    if request is None:
        return "en"
    cookies, headers = getattr(request, "cookies", None) or {}, getattr(request, "headers", None) or {}
    chosen = cookies.get(COOKIE, "")
    if chosen in ("zh", "en"):
        return chosen
    asked = []
    for position, part in enumerate(headers.get("accept-language", "").split(",")):
        tag, _, weight = part.strip().lower().partition(";q=")
        try:
            asked.append((-float(weight or 1), position, tag.split("-")[0]))
        except ValueError:
            continue
    return next((tag for _, _, tag in sorted(asked) if tag in ("zh", "en")), "en")


def sentence(error: VisitorError, request: gr.Request | None) -> str:
    """The error's sentence in the visitor's language, as plain text."""
    return error.sentence(language_of(request))


def warn(told: str, request: gr.Request | None) -> None:
    """Show a message on the visitor's page; Gradio would read it as HTML, so it is escaped."""
    gr.Warning(html.escape(told), title=phrase("note", language_of(request)))
