"""Rooms of `recipes/finetune.py`: the three tasks trained in PyTorch, on a GPU or a CPU.

`questions` writes files in SogouQA's form, made from other tasks' data; `packing` reads all files into examples, which
`examples` keeps in one file that can travel; `plans` says what each task's run is; `network` and `triples` are the
twins of `core/*/model.py`, in bfloat16 about four times as fast on a CPU as the app's own trainer; `loop` trains, and
goes on where it was; `running` makes of weights and a stage other weights, and `cards` what is said of them; `tuning`
finds the thresholds.  `held_out` leaves texts out of the examples, and `files` is what all recipes ask of theirs.  The
app reads what comes out as any other weights.
"""
