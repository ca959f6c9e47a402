"""Which topic an explanation is asked for: by its words, else by what was done last."""

from __future__ import annotations

import re

TOPICS = {
    "posts": r"哪篇|哪几篇|哪些文章|博客|出自|出处|论文|参考|苏剑林|科学空间|\bposts?\b|blog|paper|reference|jianlin",
    "privacy": r"保存|隐私|保留|留存|记录|stored?\b|privacy|private|keep what|do you keep",
    "accumulation": r"累积|accumulat",
    "chat": r"听懂|听得懂|怎么理解我|understand me|classif|分类器",
    "weights": r"权重|训练|许可|准确率|参数|多大|数据|模型|weights|trained|licen|accura|how big|dataset|\bdata\b|model",
    "triples": r"三元组|关系|实体|图谱|指针|阈值|层归一|sigmoid|triple|relation|threshold|layer norm",
    "reading": r"问答|阅读|回答|投票|自回归|bm25|reading|question|voting|autoregress|masks?\b",
    "titles": r"标题|题目|束搜索|采样|重复|title|headline|beam|unilm|copy",
    "matrix": r"矩阵|恒等式|行列式|det|特征值|对角|两边|matrix|identity|determinant|trace|exponential|eigen",
    "ropes": r"绳|链|曲线|悬|形状|ω|omega|rope|chain|catenary|curve|cosh",
    "optimizers": r"优化|梯度|rmsprop|adam|动量|学习率|heun|龙格|动力学|optimi|gradient|momentum|learning rate|sgd",
}
_OF_SKILL = {"title": "titles", "answer": "reading", "rope": "ropes", "explain": "posts"}


def topic(wanted: str, last: str = "") -> str:
    """A key of `TOPICS`; `last`: the skill that was used last."""
    lowered = wanted.lower()
    found = [name for name, form in TOPICS.items() if re.search(form, lowered)]
    if found and not (found == ["weights"] and last in ("title", "triples", "answer") and "模型" not in lowered):
        return found[0]
    return found[0] if found else _OF_SKILL.get(last, last if last in TOPICS else "chat")
