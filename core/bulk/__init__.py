"""Whole collections: files in, files out, on this machine or on Ray.

`inputs` says which files there are, `readers` gives their rows, `parts` cuts these into parts, `answering` answers a
part by a task's room "bulk", `output` keeps parts whole, and `run` does one after the other; `on_ray` has a cluster do
them.
"""
