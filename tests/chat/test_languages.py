"""In which language is answered: that of the message where it decides, else the page's."""

import pytest

from core.chat.languages import language_of
from core.chat.session import Session
from demo.examples import EXAMPLES
from demo.words import PHRASES

NEWS = EXAMPLES["example_news"]
ARTICLE = "The new library of the city opened on Monday. It has two floors and a garden on its roof. " * 6


@pytest.mark.parametrize(
    "message",
    [
        "帮我检查矩阵 <img src=x onerror=alert(1)>",
        "打开 https://example.org/a-very-long-address-of-a-page",
        "用 adam、momentum 和 rmsprop 在 rosenbrock 上跑 optimizers",
        "读取 file:///etc/passwd",
        "minimize x^2 + 3 y^2 用 gradient descent",
        "画绳",
        "阈值 0.3",
        f"给下面的文章起标题：\n{ARTICLE}",
        f"{ARTICLE}\n这段文字讲的是谁？",
        f"写标题：\n{NEWS}",
        NEWS,
    ],
)
def test_a_chinese_message_is_answered_in_chinese(message):
    assert language_of(message, Session(), "en") == "zh"


@pytest.mark.parametrize(
    "message",
    [
        "and with ω doubled?",
        "who is 钱锺书's wife?",
        "shorter",
        "check the matrix <b>x</b>",
        f"write a title:\n{NEWS}",
        f"{NEWS}\nWho opened it?",
        "race adam and sgd on rosenbrock",
        ARTICLE,
    ],
)
def test_an_english_message_is_answered_in_english(message):
    assert language_of(message, Session(), "zh") == "en"


@pytest.mark.parametrize(
    "message",
    ["", "[[1,2],[3,4]]", "1 2; 3 4", "hilbert(5)", "adam", "SGD, Adam", "L=2 D=1", "🙂", "<script>alert(1)</script>",
     "こんにちは、元気ですか", "日本語で話してください", "안녕하세요", "Привет, как дела?", "مرحبا"],
)  # fmt: skip
def test_what_does_not_decide_keeps_the_language_of_the_page(message):
    assert [language_of(message, Session(), page) for page in ("zh", "en")] == ["zh", "en"]


def test_a_language_that_was_asked_for_goes_first():
    assert language_of("画绳", Session(language="en"), "zh") == "en"


def test_the_examples_speak_their_language():
    for key, pair in PHRASES.items():
        if key.startswith("chat_say"):
            english, chinese = pair
            assert language_of(english, Session(), "zh") == "en" and language_of(chinese, Session(), "en") == "zh"
