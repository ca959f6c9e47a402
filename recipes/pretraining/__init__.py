"""The rooms of `recipes/pretrain.py`: texts → corpus → batches → a small Chinese BERT.

`sources` and `packing` read texts and need what the app needs; `files`, `settings`, `corpus`, `flags`, `bases`,
`schedule` and `sampling` are NumPy alone; `optimizers`, `network`, `measuring`, `training` and `export` need torch and
transformers, and nothing of the app: a packed corpus can be trained on a machine that has neither jieba nor TensorFlow.
"""


class RecipeError(Exception):
    """Something that who runs the recipe can mend; the message says how."""
