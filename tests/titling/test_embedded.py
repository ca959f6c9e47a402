"""The embedded titling weights themselves: that they are small, have a card, and answer well what the page offers."""

from __future__ import annotations

import pytest

from core.metrics import rouge_l
from core.titling.task import Decoding, Titler
from core.weights import store
from demo.examples import EXAMPLES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def titler() -> Titler:
    found = store.embedded("titling")
    return Titler(found.folder, found.name)


def test_the_folder():
    folder = store.embedded("titling").folder
    assert sum(file.stat().st_size for file in folder.iterdir()) < 45e6
    card = (folder / "README.md").read_text(encoding="utf-8")
    for word in ("license", "Data", "Scores", "python recipes/finetune.py"):
        assert word in card


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_of_the_page_gets_titles(titler, name):
    result = titler.title(EXAMPLES[name])
    assert len(result.titles) == 3
    best = result.titles[0]
    copied = sum(span.end - span.start for span in best.spans)
    assert 5 <= len(best.text) <= 40
    assert copied >= 0.5 * len(best.text)  # most characters of a title stand in its article


# Written for this test; the titles too.
PAIRS = [
    (
        "国务院总理张三3月30日至4月1日在四川调研。他强调，要着力推进新型电网建设，为经济社会高质量发展提供有力支撑。"
        "张三先后来到成都市、德阳市，考察新能源开发和相关装备制造企业。",
        "张三在四川调研",
    ),
    (
        "针对传统无线传感器网络能耗高、预测精度低的问题，提出一种基于深度强化学习的节能路由算法。"
        "实验结果表明，与现有算法相比，该算法的能耗降低了30%。",
        "基于深度强化学习的无线传感器网络节能路由算法",
    ),
    (
        "在 Linux 桌面上截图有很多办法。本文介绍如何在 Ubuntu 上安装和使用 Flameshot 截图工具。"
        "打开终端，输入 sudo apt install flameshot 即可完成安装。",
        "如何在 Ubuntu 上安装和使用 Flameshot",
    ),
]


def test_titles_resemble_those_a_person_wrote(titler):
    written = [titler.title(text, Decoding(count=1)).titles[0].text for text, _ in PAIRS]
    assert rouge_l(zip(written, (title for _, title in PAIRS), strict=True)) > 40


def test_names_keep_their_capitals(titler):
    titles = titler.title(PAIRS[2][0]).titles
    assert not any("ubuntu" in title.text for title in titles)
