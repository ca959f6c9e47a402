"""The page: everything that knows Gradio, and nothing else does.  Models and numbers live in `core`."""
