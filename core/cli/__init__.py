"""The commands of `python -m core`, a module each: `add_arguments(parser)` and `run(arguments)`."""
