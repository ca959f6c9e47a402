"""The recipe's networks are the twins of the app's models: same weights, same losses, weights that the app loads."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from core.titling import data as titling  # noqa: E402
from core.titling.model import TitlingModel  # noqa: E402
from core.triples import data as triples  # noqa: E402
from core.triples import schema  # noqa: E402
from core.triples.model import TriplesModel  # noqa: E402
from recipes.finetuning.network import TitlingNetwork  # noqa: E402
from recipes.finetuning.triples import TriplesNetwork  # noqa: E402
from recipes.pretraining.network import Machine  # noqa: E402
from tests.conftest import tiny_titling_weights, tiny_vocabulary  # noqa: E402
from tests.triples.conftest import ROWS, write_base  # noqa: E402

MACHINE = Machine("cpu", "float32", "no", 16384)
PAIRS = [
    titling.Pair("记者从北京市获悉，研究表明天气很好。", "北京天气很好"),
    titling.Pair("王莹与林海东在上海。", "王莹"),
]
WHOLE = [
    triples.Sentence(
        "《研究方法》是王莹的文章，王莹的文章于2012上映于北京。",
        (
            triples.Gold("研究方法", "作者", {"@value": "王莹"}),
            triples.Gold("文章", "上映时间", {"@value": "2012", "inArea": "北京"}),
        ),
        False,
    ),
    triples.Sentence("今天天气很好。", (), False),
]
PARTIAL = [triples.Sentence("中国的首都是北京。", (triples.Gold("中国", "首都", {"@value": "北京"}),), True)]


def test_titles_have_the_apps_loss(tmp_path):
    folder = tiny_titling_weights("titling", tmp_path, 0.3)
    model = TitlingModel(folder)
    network = TitlingNetwork(model.config, 0.0).eval()
    assert network.load(folder)
    (batch,) = titling.batches(titling.encode(PAIRS, model.tokenizer, 96), 192, 0)
    arrays = batch.tokens, batch.segments, batch.sources, batch.targets
    total, count = model.loss(*arrays, np.zeros_like(batch.targets), training=False)
    with torch.no_grad():
        assert float(network.loss(arrays, MACHINE)) == pytest.approx(float(total) / float(count), rel=1e-4)
    kept = TitlingModel(folder)
    for name, tensor in network.tensors().items():
        if name in kept.head.variables:
            np.testing.assert_allclose(tensor, kept.head.variables[name].numpy(), atol=1e-6)


@pytest.mark.parametrize("sentences", [WHOLE, PARTIAL, WHOLE + PARTIAL], ids=["whole", "partial", "both"])
def test_triples_have_the_apps_loss(tmp_path, sentences):
    base = write_base(tmp_path / "base", [*tiny_vocabulary(), *"影映究首都国莹"], 0.3)
    (tmp_path / "schema.jsonl").write_text(ROWS, encoding="utf-8")
    model = TriplesModel(base, schema.read(tmp_path / "schema.jsonl"), 96)
    rng = np.random.default_rng(5)
    for variable in model._heads().values():
        variable.assign_add(rng.normal(0, 0.3, variable.shape).astype(np.float32))
    model.save(tmp_path / "out")
    network = TriplesNetwork(model.config, 0.0, len(model.schema.labels)).eval()
    assert network.load(tmp_path / "out")
    examples = triples.encode(sentences, model.tokenizer, model.schema, 96)
    assert len(examples) == len(sentences)
    (batch,) = triples.batches(examples, 500, 0, 1)
    model = TriplesModel(tmp_path / "out")  # float16, as the network has them
    total, count = model.loss(*batch.arrays(), training=False)
    with torch.no_grad():
        assert float(network.loss(batch.arrays(), MACHINE)) == pytest.approx(float(total) / float(count), rel=1e-3)


def test_from_a_base_the_objects_norm_begins_as_the_last_one(tmp_path):
    base = write_base(tmp_path / "base", tiny_vocabulary(), 0.3)
    (tmp_path / "schema.jsonl").write_text(ROWS, encoding="utf-8")
    model = TriplesModel(base, schema.read(tmp_path / "schema.jsonl"), 96)
    network = TriplesNetwork(model.config, 0.0, len(model.schema.labels))
    assert not network.load(base)
    for name in ("triples.norm.beta", "triples.norm.gamma", "triples.object.bias", "triples.norm.beta_of_subject"):
        np.testing.assert_allclose(network.tensors()[name], model._heads()[name].numpy(), atol=1e-6)
