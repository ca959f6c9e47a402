"""The page's looks: a theme of Gradio and our own style sheet.  Fonts are those of the visitor's system, so that
nothing is loaded from elsewhere and Chinese is drawn with Chinese glyphs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.themes.utils import colors, fonts, sizes

ASSETS = Path(__file__).parent / "assets"
FONTS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "sans-serif",
)
MONO = ("ui-monospace", "SFMono-Regular", "Consolas", "Noto Sans Mono CJK SC", "monospace")
INK = colors.Color(  # the accent: a bluish green, as of old bronze
    name="ink",
    c50="#effaf7",
    c100="#d6f2ea",
    c200="#aee3d5",
    c300="#7dcdbb",
    c400="#4bb09c",
    c500="#2b9381",
    c600="#1d7668",
    c700="#1a5f55",
    c800="#184c45",
    c900="#173f3a",
    c950="#082421",
)


class Wanzhuan(gr.themes.Base):
    """Calm and flat: one accent, soft edges, the visitor's fonts."""

    def __init__(self) -> None:
        super().__init__(
            primary_hue=INK,
            secondary_hue=INK,
            neutral_hue=colors.stone,
            radius_size=sizes.radius_lg,
            text_size=sizes.text_md,
            font=[fonts.Font(name) for name in FONTS],
            font_mono=[fonts.Font(name) for name in MONO],
        )
        self.name = "wanzhuan"
        super().set(
            body_background_fill="*neutral_50",
            body_background_fill_dark="*neutral_950",
            body_text_color_subdued="*neutral_500",
            body_text_color_subdued_dark="*neutral_400",
            color_accent="*primary_600",
            block_background_fill="white",
            block_background_fill_dark="*neutral_900",
            block_border_width="1px",
            block_shadow="none",
            block_label_background_fill="transparent",
            block_label_background_fill_dark="transparent",
            input_background_fill="white",
            input_background_fill_dark="*neutral_900",
            input_border_width="1px",
            input_border_color_focus="*primary_500",
            input_border_color_focus_dark="*primary_400",
            button_primary_background_fill="*primary_600",
            button_primary_background_fill_hover="*primary_700",
            button_primary_background_fill_dark="*primary_600",
            button_primary_background_fill_hover_dark="*primary_500",
            button_primary_text_color="white",
            button_primary_text_color_dark="white",
            button_secondary_background_fill="white",
            button_secondary_background_fill_hover="*primary_50",
            button_secondary_background_fill_dark="*neutral_800",
            button_secondary_background_fill_hover_dark="*neutral_700",
            button_border_width="1px",
            slider_color="*primary_600",
            slider_color_dark="*primary_400",
        )


def html_block(value: str, **options: Any) -> gr.HTML:
    """A `gr.HTML` that is dressed by our style sheet alone."""
    return gr.HTML(value, apply_default_css=False, js_on_load=None, **options)


def asset(name: str) -> Path:
    """A file of `demo/assets`."""
    return ASSETS / name
