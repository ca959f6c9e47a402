"""The router: skills and their arguments, follow-ups, doubts; any text gives a decision."""

import dataclasses
import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chat.articles import resolved
from core.chat.follow import FOLLOW
from core.chat.router import decide
from core.chat.session import Session, decision
from core.chat.skills import SKILLS
from core.documents import Document
from core.messages.chat import SUGGESTIONS
from demo.examples import EXAMPLES, TRIPLES
from tests.demo.fakes import FakeExtractor, FakeReader, FakeTitler

NEWS = EXAMPLES["example_news"]
LATEX = "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}"
READ = Session().given([Document("", NEWS)])


def after(skill, result=None, session=READ, **arguments):
    return session.after(decision(skill, **arguments), result)


@pytest.mark.parametrize(
    ("message", "skill", "arguments"),
    [
        ("检查矩阵 [[1,2],[3,4]]", "matrix", {"matrix": "[[1,2],[3,4]]"}),
        ("1 2\n3 4", "matrix", {"matrix": "1 2\n3 4"}),
        ("hilbert(5) 成立吗", "matrix", {"matrix": "hilbert(5)"}),
        (f"check {LATEX}", "matrix", {"matrix": LATEX}),
        ("画一根跳绳，L=2 D=1", "rope", {"kind": "rope", "span": 1.0, "length": 2.0}),
        ("跳绳，绳长三米，手距一米二", "rope", {"kind": "rope", "length": 3.0, "span": 1.2}),
        ("跳绳，绳长 240 cm，手距 120 厘米", "rope", {"length": 2.4, "span": 1.2}),
        ("跳绳，绳长 3 米，手距 1 米，每米 60 克", "rope", {"length": 3.0, "span": 1.0, "density": 0.06}),
        ("skipping rope, L=2 D=1, density 60 g/m", "rope", {"length": 2.0, "density": 0.06}),
        ("draw a skipping rope, L=2 D=1, density of 60 g.", "rope", {"density": 0.06}),
        ("画跳绳 D=1，每米 100 g，2 米长", "rope", {"density": 0.1, "length": 2.0}),
        ("1 2\n3 4\n\n5 6\n7 8", "matrix", {"matrix": "1 2\n3 4"}),
        ("跳绳 L=2 D=1，密度 0.1 千克", "rope", {"density": 0.1}),
        ("跳绳，L=2 D=1，每秒转两圈", "rope", {"omega": pytest.approx(4 * math.pi)}),
        ("跳绳，L=2 D=1，转速 2 转/秒", "rope", {"omega": pytest.approx(4 * math.pi)}),
        ("skipping rope, L=2 D=1, 2 turns a second", "rope", {"omega": pytest.approx(4 * math.pi)}),
        ("skipping rope, L=2 D=1, 120 rpm", "rope", {"omega": pytest.approx(4 * math.pi)}),
        ("跳绳，L=2 D=1，一分钟跳 120 下", "rope", {"omega": pytest.approx(4 * math.pi)}),
        ("画跳绳 L=2 D=1 g=9.8", "rope", {"length": 2.0, "span": 1.0, "density": None}),
        ("画跳绳，绳长2 g取9.8", "rope", {"length": 2.0, "density": None}),
        ("draw a rope three times as long", "rope", {"omega": None}),
        ("skipping rope, L=2 D=1, ω = 12 rad/s", "rope", {"omega": 12.0}),
        ("电线档距 100 米，线长 101 米", "rope", {"kind": "chain", "span": 100.0, "length": 101.0}),
        ("hang a chain, span 10, sag 2", "rope", {"kind": "chain", "span": 10.0, "sag": 2.0}),
        ("拟合这些点：(0,1) (1,0.2) (2,1)", "rope", {"kind": "fit", "points": ((0, 1), (1, 0.2), (2, 1))}),
        ("在 rosenbrock 上比较 adam 和 sgd", "optimizers", {"surface": "rosenbrock", "methods": ("adam", "gd")}),
        ("lr=0.05 的动量法在鞍点上跑 200 步", "optimizers", {"surface": "saddle", "rate": 0.05, "steps": 200}),
        ("minimize x^2 + 3 y^2 with adam", "optimizers", {"surface": "formula", "formula": "x^2 + 3 y^2"}),
        ("标题是怎么写出来的？", "explain", {"topic": "titles"}),
        ("which post is the rope from?", "explain", {"topic": "posts"}),
        ("你能做什么？", "help", {}),
        ("用英文说", "speak", {"language": "en"}),
        ("我看不懂英文，说中文吧", "speak", {"language": "zh"}),
        ("今天天气怎么样", "other", {}),
        ("open ../../etc/passwd", "other", {"meddle": True}),
        ("谢谢", "thanks", {}),
        ("", "empty", {}),
        (" \n\t", "empty", {}),
        ("🙂🙂", "signs", {}),
        ("こんにちは、元気ですか", "foreign", {}),
        ("Привет, как дела?", "foreign", {}),
    ],
)  # fmt: skip
def test_skills_and_arguments(message, skill, arguments):
    found = decide(message)
    assert found.skill == skill
    assert {key: found.arguments.get(key) for key in arguments} == arguments


@pytest.mark.parametrize(
    ("message", "skill", "arguments"),
    [
        (f"标题：\n{NEWS}", "title", {}),
        (f"给下面的文章起标题：{NEWS}", "title", {}),
        (f"{NEWS}\n给这段文字起三个标题，不超过12字", "title", {"count": 3, "max_length": 12}),
        (f"write two titles for this\n{NEWS}", "title", {"count": 2}),
        (f"抽取三元组：{NEWS}", "triples", {}),
        (f"{NEWS}新馆有多少座位？", "answer", {"question": "新馆有多少座位？"}),
        (NEWS, "text", {}),
    ],
)
def test_an_article_in_the_message(message, skill, arguments):
    found = decide(message)
    assert (found.skill, found.text) == (skill, NEWS)
    assert dict(found.arguments) == arguments


def test_a_short_text_behind_a_colon():
    found = decide("请抽取三元组：《红楼梦》的作者是曹雪芹。")
    assert (found.skill, found.text) == ("triples", "《红楼梦》的作者是曹雪芹。")


def test_a_text_goes_to_what_waits_for_it():
    waiting = Session().waiting(decision("title", count=2))
    found = decide(NEWS, waiting)
    assert (found.skill, dict(found.arguments), found.text) == ("title", {"count": 2}, NEWS)


# ---- follow-ups


def titled(length=20):
    result = FakeTitler().title("今天下雪了" * 8)
    first = dataclasses.replace(result.titles[0], text="字" * length)
    return after("title", dataclasses.replace(result, titles=(first,)))


def test_shorter_and_longer():
    shorter = decide("再短一点", titled())
    assert shorter.skill == "title" and shorter.arguments["max_length"] == 14
    again = decide("再短一点", after("title", titled(14).results["title"], **shorter.arguments))
    assert again.arguments["max_length"] < 14
    longer = decide("make it longer", titled())
    assert longer.arguments["min_length"] > 20 and longer.arguments["max_length"] > longer.arguments["min_length"]
    assert decide("不要超过八个字", titled()).arguments["max_length"] == 8


def test_another_one_is_drawn_otherwise():
    first = decide("换一个", titled())
    assert (first.arguments["method"], first.arguments["seed"]) == ("sample", 1)
    second = decide("another one", after("title", None, **first.arguments))
    assert second.arguments["seed"] == 2


@pytest.mark.parametrize(("message", "low", "high"), [("把阈值调高", 0.5, 1), ("lower the threshold", 0.05, 0.5)])
def test_thresholds(message, low, high):
    session = after("triples", FakeExtractor().extract("a|b,导演,c|d,0.9"))
    found = decide(message, session)
    assert found.skill == "triples" and low <= found.arguments["threshold"] <= high
    assert found.arguments["threshold"] != 0.5
    assert decide("阈值 0.3", session).arguments["threshold"] == 0.3


@pytest.mark.parametrize(
    ("message", "changed"),
    [
        ("and with ω doubled?", {"omega": 20.0}),
        ("and turned three times as fast?", {"omega": 30.0}),
        ("L=3 呢", {"length": 3.0}),
        ("长度减半", {"length": 1.0}),
        ("那 D=0.5 呢？", {"span": 0.5}),
        ("密度改为 0.3", {"density": 0.3}),
    ],
)
def test_another_rope(message, changed):
    usual = {"kind": "rope", "length": 2.0, "span": 1.0}
    found = decide(message, after("rope", None, **usual))
    assert (found.skill, dict(found.arguments)) == ("rope", usual | changed)


@pytest.mark.parametrize(
    ("message", "changed"),
    [
        ("再加上 lion", {"methods": ("gd", "lion")}),
        ("use adam instead", {"methods": ("adam",)}),
        ("学习率改成 0.05", {"rate": 0.05}),
        ("学习率减半", {"rate": 0.05}),
        ("on rosenbrock instead", {"surface": "rosenbrock"}),
        ("把步数加到 1000", {"steps": 1000}),
        ("那 0.2 呢", {"rate": 0.2}),
    ],
)
def test_another_race(message, changed):
    usual = {"surface": "saddle", "methods": ("gd",), "rate": 0.1}
    found = decide(message, after("optimizers", None, **usual))
    assert (found.skill, dict(found.arguments)) == ("optimizers", usual | changed)


def test_the_pronoun_of_a_question_is_resolved():
    session = READ.given([Document("", "《围城》由[钱锺书|0.9]所写。他的妻子是杨绛。")])
    first = decide("《围城》的作者是谁？", session)
    assert first.skill == "answer"
    known = session.after(first, FakeReader().answer(first.arguments["question"], session.documents))
    assert known.referent == "钱锺书"
    assert decide("那他的妻子是谁?", known).arguments["question"] == "钱锺书的妻子是谁?"
    assert decide("and who is his wife?", known).arguments["question"] == "who is 钱锺书's wife?"


@pytest.mark.parametrize("question", ["这位作家的代表作是什么？", "他的职业是什么？", "《围城》的主题是什么？"])
def test_what_something_of_the_text_is_wants_no_explanation_of_ours(question):
    session = dataclasses.replace(READ.given([Document("", "钱锺书写了《围城》。")]), referent="钱锺书")
    assert decide(question, session).skill == "answer"
    assert decide("标题是怎么写出来的？", session).skill == "explain"


def test_files_with_unclear_words_are_taken_as_files():
    assert decide("收好这个文件", READ, files=1).skill == "files"


@pytest.mark.parametrize("message", ["再短一点", "换一个", "把阈值调高", "and with ω doubled?"])
def test_a_follow_up_of_nothing_asks_back(message):
    assert decide(message).skill == "ask"


def test_doubt_gives_choices():
    found = decide("qwer asdf zxcv")
    assert found.skill == "ask" and 1 <= len(found.alternatives) <= 3


@pytest.mark.parametrize("key", SUGGESTIONS)
@pytest.mark.parametrize("language", [0, 1])
def test_every_suggestion_is_understood(key, language):
    session = titled()
    for skill, arguments in (("triples", {}), ("optimizers", {}), ("rope", {"kind": "rope"})):
        session = session.after(decision(skill, **arguments))
    found = decide(SUGGESTIONS[key][language], session)
    wanted = {"about": "explain", "tongue": "speak"}.get(key.split("_")[0], key.split("_")[0])
    assert found.skill == wanted if wanted not in FOLLOW else found.skill in ("title", "triples", "rope", "optimizers")


# ---- anything


PIECES = ("标题", "短一点", "1 2; 3 4", "ω=", "L=2", "\n", "(0,1)", "谁", "adam", "<b>", "../", "。", "那他")
MESSAGES = st.one_of(
    st.text(max_size=400),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
)
STATES = (
    Session(),
    READ,
    after("title"),
    after("rope", None, kind="rope", span=1.0),
    after("optimizers"),
    after("matrix"),
    after("triples"),
    Session().waiting(decision("triples")),
)


@settings(max_examples=150, deadline=None)
@given(MESSAGES, st.sampled_from(STATES), st.integers(0, 2))
def test_any_text_gives_a_decision(message, session, files):
    found = decide(message, session, files)
    assert found.skill in {*SKILLS, "ask"}
    assert 0 <= found.probability <= 1 + 1e-9
    hash(found.skill)
    with pytest.raises(TypeError):
        found.arguments["x"] = 1


SIGNS = (" ", "\t", '"', "(", "[", "<", "1", "-", ".", "=", "。", "的")
BOMB = """
import sys
from core.chat.router import decide
from core.chat.session import Session, decision
from core.chat.skills import SKILLS

after = Session().after(decision("rope", kind="rope", span=1.0), None).waiting(decision("triples"))
marks = "a" + 100_000 * chr(0x301) + 100_000 * chr(0x316)  # NFKC sorts them, in the square of their number
assert decide(marks, after).skill in {*SKILLS, "ask"}
for sign in sys.argv[1:]:
    many = 200_000 * sign
    for message in (many, f"检查矩阵 {many}", f"拟合 {many}", f"[[1]{many}x"):
        for session in (Session(), after):
            assert decide(message, session).skill in {*SKILLS, "ask"}
    print(sign)
"""


def test_one_sign_without_end():
    """In a process of its own, which a pattern that never ends does not take this one along with."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", BOMB, *SIGNS]
    done = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", timeout=20 * len(SIGNS))
    assert done.returncode == 0 and done.stdout.count("\n") == len(SIGNS), done.stderr[-2000:]


@pytest.mark.parametrize("message", ["x" * 100_000, "字" * 100_000, "1 " * 50_000, "((" * 50_000, "a=1;" * 25_000,
                                     "\n" * 100_000, TRIPLES["triples_film"] * 500])  # fmt: skip
def test_a_hundred_thousand_characters(message):
    assert decide(message).skill in {*SKILLS, "ask"}


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("其他演员有谁？", "其他演员有谁？"),
        ("谁会弹吉他？", "谁会弹吉他？"),
        ("其他人和他有什么关系？", "其他人和王莹有什么关系？"),
        ("那他妻子是谁？", "王莹妻子是谁？"),
        ("她家在哪？", "王莹家在哪？"),
        ("这位置在哪？", "这位置在哪？"),
        ("Which IT company is it?", "Which IT company is 王莹?"),
        ("Who wrote the novel It?", "Who wrote the novel It?"),
        ("And when? His wife died when?", "when? 王莹's wife died when?"),
        ("Who married her?", "Who married 王莹?"),
        ("其他" * 300, "其他" * 300),
    ],
)
def test_a_pronoun_is_a_word_of_its_own(question, understood):
    assert resolved(question, "王莹") == understood


@pytest.mark.parametrize(
    ("question", "referent", "understood"),
    [
        ("这位作家的妻子是谁？", "王莹", "王莹的妻子是谁？"),
        ("这位著名女作家住在哪？", "王莹", "王莹住在哪？"),
        ("那个人在哪出生？", "王莹", "王莹在哪出生？"),
        ("那人叫什么？", "王莹", "王莹叫什么？"),
        ("这位是谁？", "王莹", "王莹是谁？"),
        ("该作者还写过什么？", "王莹", "王莹还写过什么？"),
        ("该公司成立于哪年？", "腾讯", "腾讯成立于哪年？"),
        ("该校的校长是谁？", "北京大学", "北京大学的校长是谁？"),
        ("这家公司的总部在哪？", "王莹", "这家公司的总部在哪？"),
        ("这位演员演过什么？", "北京大学", "这位演员演过什么？"),
        ("这部电影的导演是谁？", "王莹", "这部电影的导演是谁？"),
        ("那些演员是谁？", "王莹", "那些演员是谁？"),
        ("这人民币有多少？", "王莹", "这人民币有多少？"),
    ],
)
def test_a_phrase_that_points_is_replaced_whole_by_what_it_fits(question, referent, understood):
    assert resolved(question, referent) == understood


@pytest.mark.parametrize(
    ("message", "stands"),
    [
        ("帮我检查矩阵 <img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("检查矩阵 foo", "foo"),
        ("检查矩阵 1 2 3 4", "1 2 3 4"),
        ("check the matrix a b; c d", "a b; c d"),
        ("检查一个矩阵", None),
        ("检查 3x3 矩阵", None),
        ("check a matrix", None),
        ("验证矩阵的 det(exp A) = exp(tr A)", None),
        ("验证一下矩阵恒等式 det(e^A)=e^{tr A}", None),
        ("用 numpy 检查一个矩阵", None),
    ],
)
def test_what_stands_where_a_matrix_would(message, stands):
    found = decide(message)
    assert (found.skill, found.arguments.get("matrix")) == ("matrix", stands)
