"""Where in a message the pasted text ends and what is wanted of it begins; and what a question is about."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

from core.text import cut, sentences

ARTICLE = 60  # characters from which on a message may hold a text to work on
LATIN_ARTICLE = 200  # of one without Chinese
SHORT = 12  # characters of a text that follows "extract triples:" or the like
_INSTRUCTION = 48  # characters of an instruction at most
_COLON = re.compile("[:\uff1a]\\s*")
_TEXTUAL = ("title", "triples", "answer")
_QUESTION = 400  # characters of a question in which a pronoun is looked for
_SURE = 0.55  # probability from which a line is an instruction


def split(message: str, tell: Callable[[str], tuple[str, float]]) -> tuple[str, str]:
    """(what is wanted, the text); the text is "" when the message holds none, what is wanted "" when it does not say.

    Args:
        message: any, stripped.
        tell: a short text → its likeliest intent and how probable that is.
    """
    for instruction, text in _ways(message):
        if not instruction or not (is_article(text) or _told_by_colon(instruction, text, message)):
            continue
        intent, probability = tell(instruction)
        asks = is_question(instruction) and not instruction.endswith("\u3002")  # a statement of the text asks nothing
        if intent in _TEXTUAL and probability >= _SURE and (asks or intent != "answer"):
            return instruction, text
    return ("", message) if is_article(message) and not _laboratory(message, tell) else (message, "")


def _ways(message: str) -> Iterator[tuple[str, str]]:
    """The places where an instruction may stand: before a colon, on the first or last line, in the first or last
    sentence; at each of them (instruction, the rest)."""
    head = message[: 2 * _INSTRUCTION]
    if (colon := _COLON.search(head)) and colon.start() <= _INSTRUCTION:
        yield message[: colon.start()].strip(), message[colon.end() :].strip()
    lines = message.split("\n")
    for instruction, rest in ((lines[0], lines[1:]), (lines[-1], lines[:-1])):
        if rest and len(instruction) <= 2 * _INSTRUCTION:
            yield instruction.strip().rstrip(":\uff1a"), "\n".join(rest).strip()
    spans = list(sentences(message[:2000])) if len(message) <= 2000 else []
    if len(spans) > 1:
        for start, end in (spans[-1], spans[0]):
            if end - start <= _INSTRUCTION:
                yield message[start:end].strip(), (message[:start] + message[end:]).strip()


def _told_by_colon(instruction: str, text: str, message: str) -> bool:
    """A short text counts where a colon announces it, or where it stands on lines of its own as a statement."""
    announced = _COLON.match(message, len(instruction)) is not None
    own = f"{text}\n{instruction}" == message and text.endswith(("\u3002", "."))
    return (announced or own) and len(text) >= SHORT and not is_question(text)


def is_article(text: str) -> bool:
    """Whether it is long enough, and made of sentences."""
    chinese = sum("\u3400" <= c <= "\u9fff" for c in text[:2000])
    if len(text) < (ARTICLE if chinese * 3 > min(len(text), 2000) else LATIN_ARTICLE):
        return False
    return len(text) >= 400 or sum(1 for _ in sentences(text)) >= 2 or chinese > 90


def _laboratory(message: str, tell: Callable[[str], tuple[str, float]]) -> bool:
    """A long wish for the laboratory is no article."""
    if len(message) > 400:
        return False
    intent, probability = tell(message)
    return intent in ("matrix", "rope", "optimizers", "change") and probability >= 0.8


_ASKS = re.compile(
    r"[?\uff1f]\s*$|谁|哪|什么|多少|几|何时|为何|怎么?"
    r"|^(?:and |so |then )?(?:who|whom|whose|when|where|which|what|why|how|did|does|is|was|are|were)\b",
    re.I,
)


def is_question(text: str) -> bool:
    """Whether it asks something."""
    return len(text) <= 200 and bool(_ASKS.search(text.strip()))


# ---- what a question is about -----------------------------------------------------------------------------------
_PERSONS = (
    "老人家|人|男人|女人|男子|女子|男生|女生|男孩|女孩|孩子|老人|先生|女士|小姐|作家|作者|诗人|小说家|剧作家|散文家|画家|书法家"
    "|音乐家|作曲家|歌手|歌唱家|演员|导演|编剧|制片人|主持人|记者|编辑|翻译家|评论家|艺术家|科学家|数学家|物理学家|化学家"
    "|生物学家|天文学家|历史学家|哲学家|思想家|经济学家|教育家|学者|专家|教授|院士|博士|老师|教师|学生|校长|院长|馆长|医生"
    "|护士|律师|法官|工程师|设计师|建筑师|程序员|企业家|商人|老板|董事长|总裁|总经理|经理|创始人|负责人|政治家|总统|总理"
    "|主席|部长|市长|省长|书记|局长|将军|将领|军人|皇帝|国王|女王|皇后|大臣|官员|运动员|球员|选手|教练|棋手|冠军|主角|人物"
)
_BODIES = "公司|企业|集团|工厂|银行|机构|组织|协会|基金会|大学|学院|学校|中学|小学|医院|球队|俱乐部|乐队|出版社|报社"
_PRONOUN = re.compile(
    rf"(?:[这那该此](?:个|[位名][^的是在有和与\s]{{0,4}}?)?|这一[个位名])(?P<person>{_PERSONS})(?![物才们类口])"
    rf"|(?:[这那该此](?:个|家|所|间|支)?|这一[个家所间支])(?P<body>{_BODIES}|(?<=该)[校院社队])"
    "|他们|她们|它们|这位(?=[的是有在和与叫姓出生也曾何，,?？]|$)|他|她|它"
)
_BODY_NAME = re.compile(f"(?:{_BODIES}|部|局|院|会|社|队|厂|店)$")
_FAMILY_NAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪"
    "田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文鲁"
)
_PERSON_NAME = re.compile(rf"[{_FAMILY_NAMES}][\u4e00-\u9fff]{{1,2}}")
_POSSESSIVE = re.compile(r"\b(?:[Hh]is|[Hh]er|[Ii]ts|[Tt]heir)\b(?=\s+\w)")  # "IT" is none
_PLAIN = re.compile(r"\b(?:[Hh]e|[Ss]he|[Ii]t|[Tt]hey|him|her|them)\b")
_BEGINS = re.compile(r"(?:^|[.?!:,;\"'\u201c\u2018])\s*$")  # before a sentence, or a part of one
_LEADING = re.compile(
    "^(?:那么|那(?![个位名家所间支]|些|里|儿|时|年|人)|还有|and\\s+|so\\s+|then\\s+)[,\uff0c\\s]*", re.I
)
_PERSON = re.compile(r"谁|哪位|\bwho|\bwhom", re.I)
_IDLE = re.compile("什么|多少|哪|谁|几|是|的|吗|呢|了|文章|在")


def about(question: str, answer: str, text: str) -> str:
    """Whom or what the next "he", "she" or "it" stands for: whom the question found, else what it asked about.

    "" where neither shows.
    """
    if answer and len(answer) <= 16 and _PERSON.search(question):
        return answer
    return subject(question, text) or (answer if answer and len(answer) <= 16 and not answer[0].isdigit() else "")


def subject(question: str, text: str) -> str:
    """The longest words of the question that the text has too, from two characters on; "" when there are none."""
    best = ""
    for piece in re.split(_IDLE, question):
        piece = piece.strip(" ?\uff1f,\uff0c.\u3002!\uff01\u300a\u300b\"'\u201c\u201d")
        for size in range(min(len(piece), 20), max(1, len(best)), -1):
            found = next((piece[i : i + size] for i in range(len(piece) - size + 1) if piece[i : i + size] in text), "")
            if found.strip() == found and len(found) > max(1, len(best)):
                best = found
                break
    return best


def resolved(question: str, referent: str) -> str:
    """The question with its first pronoun, or phrase such as 这位作家, replaced; as it is where it has none, or nobody
    is spoken of."""
    asked = _LEADING.sub("", question.strip()) or question.strip()
    if not referent or len(asked) > _QUESTION:
        return asked
    for form, name in ((_PRONOUN, referent), (_POSSESSIVE, f"{referent}'s"), (_PLAIN, referent)):
        if found := next((one for one in form.finditer(asked) if _alone(one, asked) and _fits(one, referent)), None):
            return asked[: found.start()] + name + asked[found.end() :]
    if _LEADING.match(question.strip()) and asked.rstrip("?\uff1f").endswith("呢") and len(asked) <= 8:
        return f"{referent}的{asked}"
    return asked


def _fits(found: re.Match[str], referent: str) -> bool:
    """Whether a phrase such as 这位作家 or 该公司 can stand for whom is spoken of."""
    if found.re is not _PRONOUN:
        return True
    named = _BODY_NAME.search(referent) is not None
    return not (found["person"] and named) and not (found["body"] and not named and _PERSON_NAME.fullmatch(referent))


def _alone(found: re.Match[str], text: str) -> bool:
    """Whether a pronoun is a word of its own, not part of one such as 其他 or 吉他, or of a name."""
    if found[0].isascii():
        return found[0].islower() or bool(_BEGINS.search(text[: found.start()]))
    ends = {0, *itertools.accumulate(map(len, cut(text)))}
    family = text.startswith("\u5bb6", found.end()) and found.end() + 1 in ends  # 他家 is "his family"
    return found.start() in ends and (found.end() in ends or family)
