"""Where weights come from: `presets.toml` (the table), `store.py` (which folder answers), `hub.py` (downloads)."""
