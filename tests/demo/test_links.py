"""Links to a tab: what is written there is checked against the fields."""

import gradio as gr
import pytest

from demo import links


@pytest.fixture(scope="module")
def fields():
    return {
        "slider": gr.Slider(0, 10, 1, step=0.5),
        "whole": gr.Slider(1, 10, 1, step=1),
        "number": gr.Number(0, minimum=-5, precision=0),
        "text": gr.Textbox(max_length=20),
        "free": gr.Textbox(),
        "radio": gr.Radio([("A", "a"), ("B", 2)], value="a"),
        "many": gr.CheckboxGroup(["x", "y"]),
        "tick": gr.Checkbox(),
    }


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("slider", "2.5", 2.5),
        ("slider", "99", 10),
        ("slider", "-1e9", 0),
        ("slider", "nan", links.UNFIT),
        ("slider", "inf", links.UNFIT),
        ("slider", "two", links.UNFIT),
        ("slider", "1" * 5000, links.UNFIT),
        ("whole", "3.7", 3),
        ("number", "-7", -5),
        ("text", "1 2; 3 4", "1 2; 3 4"),
        ("text", "x" * 21, links.UNFIT),
        ("text", "a\x00b\u202ec\u2028", "abc"),
        ("text", "\u3000张三\u3000李\u00a0四\n\t", "\u3000张三\u3000李\u00a0四\n\t"),
        ("free", "x" * 8000, "x" * 8000),
        ("free", "x" * 8001, links.UNFIT),
        ("free", "<script>", "<script>"),
        ("radio", "a", "a"),
        ("radio", "2", 2),
        ("radio", "c", links.UNFIT),
        ("many", '["y", "x", "y"]', ["y", "x"]),
        ("many", '["z"]', links.UNFIT),
        ("many", "[" * 3000, links.UNFIT),
        ("many", '{"x": 1}', links.UNFIT),
        ("tick", "true", True),
        ("tick", "1", links.UNFIT),
    ],
)
def test_values_are_checked(fields, name, written, value):
    assert links.checked(fields[name], written) == value


def test_only_known_names_that_fit_are_taken(fields):
    query = {"tab": "x", "slider": "3", "radio": "none", "evil": "1", "tick": "false"}
    assert links.values(fields, query) == {"slider": 3, "tick": False}


@pytest.mark.parametrize("name", ["tab", "lang", "__theme"])
def test_names_that_are_taken(name):
    with gr.Blocks(), gr.Tabs(), gr.Tab("x"), pytest.raises(ValueError):
        links.share_button("x", {name: gr.Slider(0, 1)})


def test_a_field_that_no_link_holds():
    with gr.Blocks(), gr.Tabs(), gr.Tab("x"), pytest.raises(TypeError):
        links.share_button("x", {"picture": gr.Image()})
