"""Sentences about triples: schemas, training, extracting."""

SENTENCES: dict[str, tuple[str, str]] = {
    "schema_bad": (
        "{file}: row {row} is no predicate of a schema: write one JSON object a line with predicate, subject_type and "
        "object_type.",
        "{file}：第 {row} 行不是模式中的谓词：请每行写一个 JSON 对象，含 predicate、subject_type 和 object_type。",
    ),
    "schema_large": (
        "{file} has too many predicates: at most {most} with their slots can be learned.",
        "{file} 的谓词太多：连同各槽位，最多可学 {most} 个。",
    ),
    "triples_none_fit": (
        "No sentence holds a triple whose predicate the schema has: check that --data and --schema belong together.",
        "没有一个句子含有模式中谓词的三元组：请检查 --data 与 --schema 是否配套。",
    ),
    "triples_not_chinese": (
        "These weights learned Chinese: in another language they hardly find triples.",
        "当前权重学的是中文；其他语言中很难找到三元组。",
    ),
    "ema_too_long": (
        "warning: {updates:,} updates are too few for an average with ema {ema}: {share} of it would still be the "
        "untrained weights, and F1 near 0; train longer, or take --ema {fitting} or 0.",
        "注意：{updates:,} 次更新对 ema 为 {ema} 的平均来说太少：其中仍有 {share} 是未训练的权重，F1 会接近 0；"
        "请训练更久，或用 --ema {fitting} 或 0。",
    ),
}
