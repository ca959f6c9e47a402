"""Arguments found in a message by their form: numbers, matrices, points, ropes, optimizers, limits of titles.

Nothing here is worked out or run: a pattern gives numbers and names, which `core` checks again where they are used.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any

from core.chat.classifier import CELL
from core.mathtoys.generators import KINDS

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "俩": 2}
_CHINESE = "零〇一二两俩三四五六七八九十百"
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
          "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30}  # fmt: skip
_PLAIN = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?"
NUMBER = rf"(?:{_PLAIN}|[{_CHINESE}]+|\b(?:{'|'.join(_WORDS)})\b)"

SURFACES = {
    "rosenbrock": r"rosenbrock|香蕉|banana|罗森布罗克",
    "himmelblau": r"himmelblau",
    "beale": r"beale",
    "rastrigin": r"rastrigin|多峰",
    "saddle": r"saddle|鞍",
    "minibatch": r"mini-?batch|小批量",
    "bowl": r"bowl|碗|二次函数|二次曲面|quadratic|条件数|condition number|狭窄的山谷|narrow valley",
}
METHODS = {
    "adamw": r"adam-?w",
    "adagrad": r"adagrad",
    "adadelta": r"adadelta",
    "adam": r"adam(?![a-z-]*w)",
    "rmsprop_scalar": r"scalar|标量",
    "rmsprop": r"rms-?prop|element-?wise|逐元素",
    "nesterov": r"nesterov|涅斯捷罗夫",
    "momentum": r"momentum|动量",
    "lion": r"\blion\b|(?<![a-z])lion",
    "heun": r"heun|休恩",
    "rk4": r"rk-?4|runge|龙格",
    "sign": r"sign(?![a-z])|符号下降",
    "gd": r"\bgd\b|(?<![a-z])sgd|gradient descent|梯度下降|最速下降|euler|欧拉",
}
_PIECE = 256  # characters
RACE = ("gd", "momentum", "rmsprop", "adam")  # when none is named


def plain(text: str) -> str:
    """One width and case; minus signs as ASCII has them; one blank, or empty line, for several."""
    # in pieces: of marks that all belong to one letter NFKC takes the square of their number
    parts = (unicodedata.normalize("NFKC", text[i : i + _PIECE]) for i in range(0, len(text), _PIECE))
    text = "".join(parts).lower().replace("\u2212", "-")
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" ?\n ?", "\n", re.sub(r"[^\S\n]+", " ", text)))


def number(text: str) -> float:
    """A number of `NUMBER`, Chinese ones up to 999."""
    if text in _WORDS:
        return _WORDS[text]
    if not re.fullmatch(f"[{_CHINESE}]+", text):
        return float(text)
    total, last = 0, 0
    for sign in text:
        if sign in "十百":
            total += (last or 1) * {"十": 10, "百": 100}[sign]
            last = 0
        else:
            last = _DIGITS[sign]
    return total + last


def first(pattern: str, text: str, finite: bool = True) -> float | None:
    """The number that the first group of the first match holds; None for infinity, unless it need not be finite."""
    found = re.search(pattern.replace("NUMBER", NUMBER), text)
    if not found:
        return None
    value = _number_of(found)
    return value if math.isfinite(value) or not finite else None


# ---- the laboratory ---------------------------------------------------------------------------------------------
_ROW = rf"{CELL}(?:[ \t]*,[ \t]*|[ \t]+){CELL}(?:(?:[ \t]*,[ \t]*|[ \t]+){CELL})*"
_MATRICES = (
    # of one run of blanks one `\s*` alone may take: two beside each other try every way of sharing it
    re.compile(r"\[\s*\[[^\[\]]*\](?:\s*(?:[,;]\s*)?\[[^\[\]]*\])*\s*(?:,\s*)?\]"),
    re.compile(r"\[\s*[^\[\];]+;[^\[\]]+\]"),
    re.compile(rf"{_ROW}(?:[ \t]*;[ \t]*{_ROW})+"),
    re.compile(rf"(?m)^[ \t]*{_ROW}[ \t]*;?[ \t]*(?:\n[ \t]*{_ROW}[ \t]*;?[ \t]*)+$"),
)
_LONG = 2_000  # characters of a text in which everything is sought
_RECIPE = re.compile(rf"(?<![a-z])(?:{'|'.join(KINDS)})\s*\(\s*\d{{1,9}}\s*(?:,\s*-?\d[\d.]*(?:e[-+]?\d+)?\s*)?\)")


def matrix(text: str) -> str | None:
    """A matrix that stands in the text, as it stands there (one width, lower case); or a recipe such as hilbert(5)."""
    text = plain(text)
    if len(text) > _LONG:  # seeking rows in it could take its square: it is a matrix as a whole, or in brackets
        numeric = sum(c in "0123456789.,;+-e \t\n" for c in text) > 0.95 * len(text)
        if numeric and (";" in text or "\n" in text.strip()):
            return text.strip()
    start = text.find("\\begin{")
    if start >= 0 and (end := text.find("\\end{", start)) >= 0 and (close := text.find("}", end)) >= 0:
        return text[start : close + 1]
    for form in _MATRICES if len(text) <= _LONG else _MATRICES[:1]:
        if found := form.search(text):
            return found[0].strip()
    found = _RECIPE.search(text)
    return found[0] if found else None


_SAID = re.compile(  # of a wish that names no matrix
    r"e\s*\^\s*(?:\{[^{}]*\}|\([^()]*\)|[a-z]+)"
    r"|(?<![a-z])(?:det|exp|tr|trace|determinant|matrix|matrices|identity|eigenvalues?|[aen])(?![a-z])|\d+\s*[x×*]\s*\d+"
)


def unread(text: str) -> str | None:
    """What stands where a matrix would, though `matrix` finds none; None where nothing does, as in "check a matrix"."""
    text = plain(text)[:_LONG]
    rest, chinese = _SAID.sub(" ", text), re.findall(r"[\u3400-\u9fff]", text)
    signs = re.search(rf"[<>\[\]{{}};|]|(?:(?<![\w.]){_PLAIN}\D+){{2}}|{_PLAIN}[\s,]+{_PLAIN}", rest)
    if not signs and not re.search(r"\u77e9\u9635[\s:]*[a-z]", rest):  # \u77e9\u9635: matrix
        return None
    if chinese:
        return max(re.split(r"[\u3000-\u303f\u3400-\u9fff]+", text), key=len).strip(" ,.:?!")
    return re.split(r"matri(?:x|ces)\b[:\s]*", text, maxsplit=1)[-1].strip() or text


def points(text: str) -> tuple[tuple[float, float], ...]:
    """Pairs (x, y) of the text; none unless there are three or more."""
    text = plain(text)
    pair = rf"\(\s*({_PLAIN})\s*[,\s]\s*({_PLAIN})\s*\)"
    found = [(float(x), float(y)) for x, y in re.findall(pair, text)]
    if not found and (run := re.search(rf"(?:{_PLAIN} +{_PLAIN}\s*[,;\n]\s*){{2,}}{_PLAIN} +{_PLAIN}", text)):
        found = [(float(x), float(y)) for x, y in re.findall(rf"({_PLAIN}) +({_PLAIN})", run[0])]
    return tuple(found) if len(found) >= 3 else ()


_IS = r"\s*(?:=|:|是|为|到|成|改成|改为|换成|变成|取|of|is|to|about|约|大约|有)?\s*"
_ROPE = {
    "span": rf"(?<![a-z])d{_IS}(NUMBER)|(?:间距|跨度|档距|手距|相距|距离|宽|span|distance|width){_IS}(NUMBER)"
    rf"|(NUMBER)\s*(?:m|米)?\s*(?:apart|wide)",
    "length": rf"(?<![a-z])l{_IS}(NUMBER)|(?:绳长|线长|链长|长度|全长|长|length|long){_IS}(NUMBER)"
    rf"|(NUMBER)\s*(?:m|米)?\s*long|(NUMBER)\s*(?:m|米)\s*长(?!\s*(?:度|NUMBER))",
    "omega": rf"(?:ω|omega|转速|角速度|speed){_IS}(NUMBER)|(NUMBER)\s*rad",
    "density": rf"(?:ρ|密度|density){_IS}(NUMBER)|每米\s*(NUMBER)|(NUMBER)\s*(?:kg|千克|公斤)",
    "sag": rf"(?:弧垂|垂度|下垂|垂|sag){_IS}(NUMBER)|sag\s*(?:of)?\s*(NUMBER)",
}

_SECOND, _MINUTE = r"(?:秒钟?|s(?:ec(?:ond)?s?)?)(?![a-z])", r"(?:分钟?|min(?:ute)?s?)(?![a-z])"
_TURNS = r"(?:转|圈|周|下|次|个|turns?|rev(?:olution)?s?|rounds?|times?)"
_EACH = r"\s*(?:/|每|(?:a|per|each|every)(?![a-z]))\s*"
_EVERY, _TO = r"(?:每|(?<![一二三四五六七八九十百])一)", r"\s*(?:转|甩|摇|跳)?\s*"
_NO_CONSTANT = r"(?!\s*(?:[=:]|取|为|是|约)\s*\.?\d|\s*(?:9(?:\.\d*)?|10)(?!\d))"  # g = 9.8
_A_METRE = r"(?:\s*(?:/|per|a|每)\s*(?:m(?:et(?:er|re))?|米)(?![a-z]))?"
_UNITS = (  # a number with its unit, how many of the units that stand in its place, and these
    (r"(NUMBER)\s*(?:mm|毫米)(?![a-z])", 1e-3, "m"),
    (r"(NUMBER)\s*(?:cm|厘米|公分)(?![a-z])", 1e-2, "m"),
    (rf"(NUMBER)\s*(?:g{_NO_CONSTANT}|克|grams?)(?![a-z]){_A_METRE}", 1e-3, "kg"),
    (rf"{_EVERY}{_SECOND}{_TO}(NUMBER)\s*{_TURNS}|(NUMBER)\s*{_TURNS}{_EACH}{_SECOND}", 2 * math.pi, "rad"),
    (rf"{_EVERY}{_MINUTE}{_TO}(NUMBER)\s*{_TURNS}|(NUMBER)\s*(?:{_TURNS}{_EACH}{_MINUTE}|rpm)", math.pi / 30, "rad"),
)


def _in_base_units(text: str) -> str:
    """Metres, kilograms and radians a second for centimetres, grams and turns."""
    for form, times, unit in _UNITS:
        text = re.sub(
            form.replace("NUMBER", NUMBER), lambda m, t=times, u=unit: f" {t * _number_of(m):.10g} {u} ", text
        )
    return text


def _number_of(found: re.Match[str]) -> float:
    return number(next(group for group in found.groups() if group is not None))


def rope(text: str) -> dict[str, Any]:
    """Some of span, length, omega, density, sag; and points.  "一米二" is 1.2; other units are turned into m, kg/m and
    rad/s."""
    text = re.sub(
        rf"([{_CHINESE}\d]+)米([{_CHINESE[2:11]}])(?![{_CHINESE}\d米])",
        lambda m: f"{number(m[1]):g}.{number(m[2]):g}",
        plain(text),
    )
    text = _in_base_units(text)
    found = {name: first(pattern, text) for name, pattern in _ROPE.items()}
    found = {name: value for name, value in found.items() if value is not None}
    if some := points(text):
        found["points"] = some
    return found


_CHAIN = re.compile(r"链|悬|电线|电缆|缆|垂|挂|晾|索|catenar|chain|cable|hang|sag|wire|line|necklace")


def chain(text: str) -> bool:
    """Whether a hanging chain is meant rather than a skipping rope."""
    return bool(_CHAIN.search(plain(text)))


_TERM = r"[\d.]*\s*\*?\s*[xy]?(?:\s*(?:\^|\*\*)\s*\d+)?"
_CALLS = re.compile(  # a run of what formulas are made of, with functions
    r"(?<![a-z\d_.])(?:\d+(?:\.\d*)?|\.\d+|[a-z][a-z\d]*(?=\()|(?:[xye]|pi)(?![a-z\d])|[-+*/^() ])+"
)
_FORMULA = re.compile(rf"[\d.]*\s*\*?\s*[xy](?:\s*(?:\^|\*\*)\s*\d+)?(?:\s*[-+*]\s*{_TERM})+")


def optimizers(text: str) -> dict[str, Any]:
    """Some of surface, methods, rate, steps, x, y, beta1, condition, formula; what is out of range is not left out."""
    text = plain(text)
    found: dict[str, Any] = {}
    if surface := next((name for name, form in SURFACES.items() if re.search(form, text)), None):
        found["surface"] = surface
    if methods := tuple(name for name, form in METHODS.items() if re.search(form, text))[:6]:
        found["methods"] = methods
    values = {
        "rate": rf"(?:学习率|步长|learning rate|step size|(?<![a-z])lr|(?<![a-z])rate){_IS}(NUMBER)",
        "steps": rf"(NUMBER)\s*(?:步(?!数)|steps(?!\s*[=:]?\s*\d)|次迭代|iterations)"
        rf"|(?:步数|迭代|(?<![a-z])steps|iterations){_IS}(?:加到|加|改到|到)?\s*(NUMBER)",
        "beta1": rf"(?:动量|momentum|β|beta){_IS}(NUMBER)",
        "condition": rf"(?:条件数|condition(?: number)?|κ){_IS}(NUMBER)",
    }
    found |= {name: value for name, form in values.items() if (value := first(form, text, finite=False)) is not None}
    if math.isfinite(found.get("steps", math.inf)):
        found["steps"] = int(found["steps"])
    if place := re.search(rf"\(\s*({_PLAIN})\s*,\s*({_PLAIN})\s*\)", text):
        found |= {"x": float(place[1]), "y": float(place[2])}
    if written := _with_functions(text):
        found |= {"surface": "formula", "formula": written}
    elif formula := _FORMULA.search(text):
        written = re.sub(r"\s+", " ", formula[0]).strip().rstrip("+-* ")
        if "x" in written and "y" in written:
            found |= {"surface": "formula", "formula": written.replace("**", "^")}
    return found


def _with_functions(text: str) -> str:
    """A formula that calls functions, whether there are such or not; "" without one."""
    for run in _CALLS.findall(text):
        written = re.sub(r"\s+", " ", re.sub(r"\s\(\s*[-+\d.]*\s*$", "", run)).strip().rstrip("+-*/^ ")
        if re.search(r"[a-z]\(", written) and re.search(r"(?<![a-z])[xy]", written) and re.search(r"[-+*/^]", written):
            return written.replace("**", "^")
    return ""


_TIMES = (
    (r"加倍|翻倍|翻一番|一倍|double|twice|两倍|2倍", 2.0),
    (r"减半|一半|半|halv|half", 0.5),
    (r"三倍|three times|triple|3倍", 3.0),
    (r"小十倍|十分之一|ten times (?:smaller|less|slower)|a tenth", 0.1),
    (r"十倍|ten times", 10.0),
    (r"大一点|快一点|再快|再长|larger|faster|bigger|longer|松一点", 1.5),
    (r"小一点|慢一点|再慢|再短|smaller|slower|紧一点|tighter|shorter", 1 / 1.5),
)
_NAMES = {
    "omega": r"ω|omega|转速|转得|角速度|速度|speed|turns|快|慢|fast|slow",
    "rate": r"学习率|步长|learning rate|(?<![a-z])lr|step size|smaller steps",
    "steps": r"步数|steps|久|iterations",
    "span": r"跨度|间距|手距|(?<![a-z])d(?![a-z])|span|distance",
    "density": r"密度|density|ρ",
    "beta1": r"动量|momentum|β",
    "length": r"长|(?<![a-z])l(?![a-z])|length|long|松|紧|绳",
}


def times(text: str) -> tuple[str, float] | None:
    """(parameter, factor) of "ω doubled", "学习率减半"."""
    text = plain(text)
    factor = next((factor for form, factor in _TIMES if re.search(form, text)), None)
    if factor is None:
        factor = first(r"(?:times|乘以|乘)\s*(NUMBER)", text, finite=False)
    name = next((name for name, form in _NAMES.items() if re.search(form, text)), None)
    return (name, factor) if factor and name else None


# ---- language ---------------------------------------------------------------------------------------------------
def titles(text: str) -> dict[str, Any]:
    """Some of count, max_length, min_length and method of `core.titling.task.Decoding`."""
    text = plain(text)
    found: dict[str, Any] = {}
    sign = r"(?:个|条|则)?\s*(?:候选|备选|different|candidate|short|good|catchy|新闻)?\s*"
    count = first(rf"(NUMBER)\s*{sign}(?:标题|题目|题|titles|headlines|headings)", text)
    if count is None:
        count = first(r"(NUMBER)(?:个|条)(?![字月人])|headlines?, (NUMBER) of", text)
    if count is not None and 1 <= count <= 8:
        found["count"] = int(count)
    most = first(
        r"(?:不超过|不要超过|最多|至多|控制在|限制在|压到|压成|at most|no more than|no longer than|under|within|up to"
        r"|into)\s*(NUMBER)|(NUMBER)\s*(?:个)?字(?:以内|之内|以下)|用(NUMBER)个?字",
        text,
    )
    fewest = r"(?:不少于|至少|最少|写满|at least|no fewer than|no less than)"
    least = first(rf"{fewest}\s*(NUMBER)|(NUMBER)\s*(?:个)?字以上", text)
    exact = first(r"(NUMBER)个?字(?:标题|的标题|题)|of (NUMBER) characters", text)
    if most or exact:
        found["max_length"] = int(min(max(most or exact, 2), 64))
    if least or exact:
        found["min_length"] = int(min(max(least or exact - 1, 1), 60))
        found["max_length"] = max(found.get("max_length", 40), min(found["min_length"] + 8, 64))
    if re.search(r"随机|大胆|random|daring|sample", text):
        found["method"] = "sample"
    return found


def threshold(text: str) -> float | None:
    """A probability that is named as the threshold: 0.3, 30 %."""
    text = plain(text)
    value = first(r"(?:阈值|门槛|置信度|概率|threshold|cutoff|bar)\D{0,8}?(NUMBER)", text)
    if value is None:
        value = first(r"(NUMBER)\s*(?:as|for)?\s*(?:the )?threshold|^\D{0,8}(0?\.\d+)\D{0,4}$", text)
    if value is not None and 1 < value <= 100:
        value /= 100
    return value if value is not None and 0 <= value <= 1 else None


_NOT_THIS = re.compile(
    r"(?:看不懂|不懂|不会|不要|别用|can.?t read|cannot read|don.?t (?:understand|speak|know)) ?(?:\w{0,3}文|[a-z]+)"
)


def tongue(text: str) -> str:
    """ "zh" or "en", the language that is asked for; "other" where it is not named."""
    text = _NOT_THIS.sub("", plain(text))
    if re.search(r"英|english", text):
        return "en"
    return "zh" if re.search(r"中文|汉语|普通话|华语|chinese|mandarin", text) else "other"
