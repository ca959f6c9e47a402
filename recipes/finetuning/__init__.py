"""Rooms of `recipes/reading.py`: questions made from other tasks' data, and reading trained in PyTorch.

`questions` writes files in SogouQA's form; `network` is the twin of `core/reading/model.py`, in bfloat16
about four times as fast on a CPU as the app's own trainer; `loop` trains it a stage at a time, and goes on where it
was.  The app reads what comes out as any other weights folder.
"""
