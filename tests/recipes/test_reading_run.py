"""The recipe for reading: a stage that stops and goes on, and weights that the app loads."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from core import bert  # noqa: E402
from core.reading import batches  # noqa: E402
from core.reading.data import Passage, Question  # noqa: E402
from core.reading.model import ReadingModel  # noqa: E402
from core.tokenizer import Tokenizer  # noqa: E402
from recipes import reading as recipe  # noqa: E402
from recipes.finetuning.loop import Run, Stage  # noqa: E402
from recipes.finetuning.network import ReadingNetwork  # noqa: E402
from recipes.pretraining.network import Machine  # noqa: E402
from tests.reading.conftest import SIZES, write  # noqa: E402

MACHINE = Machine("cpu", "float32", "no", 16384)
STAGE = Stage({"one": 1.0, "other": 0.5}, rate=3e-3, minutes=1e6, room=40, tokens=400, warm_up=1)


@pytest.fixture
def start(tmp_path):
    folder = write(tmp_path / "base", 0.0)
    tokenizer = Tokenizer(folder / bert.VOCAB)
    some = [Question(f"{a}在？", (Passage(f"{a}在{b}。", (b,)),), (b,)) for a in "王林东" for b in ("北京", "上海")]
    examples, _ = batches.encode(some, tokenizer, SIZES)
    return folder, tokenizer, {"one": examples * 20, "other": examples}


def run(start, folder, updates):
    """Train until so many updates; the run and its network."""
    base, tokenizer, sets = start
    torch.manual_seed(0)
    network = ReadingNetwork(bert.read_config(base), 0.0)
    network.load(base)
    one = Run(STAGE, sets, network, tokenizer, MACHINE, folder, SIZES.places, 0, lambda line: None)
    one.train(lambda: one.updates >= updates)
    return one, network


def test_a_stage_goes_on_where_it_was(start, tmp_path):
    whole, wanted = run(start, tmp_path / "whole", 12)
    run(start, tmp_path / "parts", 5)
    again, found = run(start, tmp_path / "parts", 12)
    assert again.updates == 12
    assert (again.updates, again.passes, again.batch) == (whole.updates, whole.passes, whole.batch)
    for name, tensor in wanted.state_dict().items():
        # the rate follows the clock, so that the last bits may differ
        assert torch.allclose(tensor, found.state_dict()[name], atol=1e-4), name


def test_the_weights_are_the_apps(start, tmp_path):
    one, network = run(start, tmp_path / "run", 3)
    reading = {"copy": "pointer", "places": SIZES.places, "question": SIZES.question, "passage": SIZES.passage}
    config = {**bert.read_config(start[0]), "reading": reading}
    bert.write_folder(tmp_path / "out", config, start[1].vocabulary_text, network.tensors(), half=False)
    model = ReadingModel(tmp_path / "out")
    (row, *_) = batches.rows(start[2]["other"], 0.0, 1.0, 40, np.random.default_rng(0))
    arrays = batches.collate([row], start[1], SIZES.places)
    total, count = model.masks_loss(*arrays, training=False)
    with torch.no_grad():
        assert float(network.eval().loss(arrays, MACHINE)) == pytest.approx(float(total) / float(count), rel=1e-3)


def test_the_stages_share_the_minutes():
    assert sum(stage.minutes for stage in recipe.stages(120)) == pytest.approx(120)
