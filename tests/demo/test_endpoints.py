"""Every named endpoint, called by Gradio's client and, as a tool, by the official MCP client."""

import asyncio
import json
import re
from types import SimpleNamespace

import httpx
import pytest
from gradio_client import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from demo import endpoints
from demo.blocks import build, launch_options
from tests.demo.fakes import FakeService

CHAIN = [[x / 4, (x / 4 - 1) ** 2 / 3] for x in range(9)]
# An example a named endpoint, and what stands in its answer.
EXAMPLES = {
    "/chat": ({"message": "check the matrix 1 2; 3 4"}, "skill"),
    "/title": ({"text": "今天下雪。明天放晴。", "count": 2}, "titles"),
    "/triples": ({"text": "大河|影片,导演,李四|人物,0.9"}, "triples"),
    "/answer": ({"question": "谁写的？", "text": "书是[曹雪芹|0.9]写的。"}, "evidence"),
    "/matrix": ({"matrix": "1 2; 3 4", "digits": 20}, "verified"),
    "/catenary": ({"x2": 2.0, "length": 3.0}, "tension"),
    "/rope": ({"span": 1.0, "length": 2.0}, "k"),
    "/fit_catenary": ({"points": CHAIN}, "rivals"),
    "/turning_rope": ({"omega": 2.0}, "shapes"),
    "/pole_rope": ({"omega": 8.0}, "critical"),
    "/optimize": ({"methods": [{"method": "adam", "rate": 0.1}], "steps": 20}, "paths"),
    "/accumulate": ({"updates": 5}, "tracks"),
}
# What each refuses with a sentence.
WRONG = {
    "/chat": {"message": 7},
    "/title": {"text": " "},
    "/triples": {"text": ""},
    "/answer": {"question": ""},
    "/matrix": {"matrix": "1 2; 3"},
    "/catenary": {"length": 0.5},
    "/rope": {"span": 3.0, "length": 2.0},
    "/fit_catenary": {"points": [[0.0, 0.0]]},
    "/turning_rope": {"length": -1.0},
    "/pole_rope": {"length": -1.0},
    "/optimize": {"surface": "moon"},
    "/accumulate": {"method": "moon"},
}


@pytest.fixture(scope="module")
def served():
    page = build(FakeService())
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", mcp_server=True, **launch_options())
    info = httpx.get(page.local_url + "gradio_api/info").json()
    yield SimpleNamespace(page=page, url=page.local_url, info=info, client=Client(page.local_url, verbose=False))
    page.close()


def tools(served, ask):
    """What `ask(session)` finds out, in a session of the official client."""

    async def talk():
        async with (
            streamable_http_client(served.url + "gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await ask(session)

    return asyncio.run(talk())


@pytest.fixture(scope="module")
def listed(served):
    async def ask(session):
        return (await session.list_tools()).tools

    return {tool.name: tool for tool in tools(served, ask)}


def reads_well(text):
    """A sentence or part of one that was not cut in the middle of a line."""
    return len(text) > 3 and text[-1] in ".}]" and text.count("(") == text.count(")") and "  \n" not in text


# ---- which there are


def test_each_endpoint_has_an_example_here(served):
    assert set(served.info["named_endpoints"]) == set(EXAMPLES) == set(WRONG)
    assert not served.info["unnamed_endpoints"]


def test_no_other_event_is_public(served):
    public = {f"/{event.api_name}" for event in served.page.fns.values() if event.api_visibility != "private"}
    assert public == set(EXAMPLES)
    assert {event.api_visibility for event in served.page.fns.values()} == {"public", "private"}
    private = [event.api_name for event in served.page.fns.values() if event.api_visibility == "private"]
    assert len(private) > 20
    with pytest.raises(ValueError, match="Cannot find"):
        served.client.predict(api_name=f"/{next(name for name in private if name)}")


@pytest.mark.parametrize("name", EXAMPLES)
def test_types_and_descriptions(served, name):
    found = served.info["named_endpoints"][name]
    assert reads_well(found["description"])
    assert found["parameters"] and found["returns"]
    for parameter in found["parameters"]:
        assert parameter["python_type"]["type"] not in ("", "Any"), parameter
    assert all(wanted in {p["parameter_name"] for p in found["parameters"]} for wanted in EXAMPLES[name][0])


# ---- called


@pytest.mark.parametrize("name", EXAMPLES)
def test_gradio_client(served, name):
    arguments, part = EXAMPLES[name]
    answer = served.client.predict(**arguments, api_name=name)
    assert answer[part]
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize("name", WRONG)
def test_refusals(served, name):
    with pytest.raises(Exception, match=r"\.$") as caught:
        served.client.predict(**WRONG[name], api_name=name)
    assert "Traceback" not in str(caught.value) and "went wrong" not in str(caught.value)


def test_over_plain_http(served):
    """As the page on the API shows it for the shell: a POST, then a stream of events."""
    event = httpx.post(served.url + "gradio_api/call/rope", json={"data": [1.0, 2.0, 10.0, 0.1]}).json()["event_id"]
    assert '"depth"' in httpx.get(f"{served.url}gradio_api/call/rope/{event}").text


# ---- as tools


def test_each_endpoint_is_a_tool(listed):
    assert {f"/{name}" for name in listed} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_tools_are_described(listed, name):
    tool = listed[name.removeprefix("/")]
    described, _, returned = tool.description.partition("Returns: ")
    assert len(described) > 30 and reads_well(returned), tool.description
    for argument, schema in tool.inputSchema["properties"].items():
        assert reads_well(schema["description"]), (argument, schema)
        assert len(schema["description"].split()) > 1 and "likewise" not in schema["description"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_tools_answer(served, name):
    arguments, part = EXAMPLES[name]

    async def ask(session):
        return await session.call_tool(name.removeprefix("/"), arguments)

    result = tools(served, ask)
    assert not result.isError
    assert f"'{part}'" in result.content[0].text


def test_a_tool_refuses_with_a_sentence(served):
    async def ask(session):
        return await session.call_tool("matrix", WRONG["/matrix"])

    result = tools(served, ask)
    assert result.isError and "Row 2" in result.content[0].text and "Traceback" not in result.content[0].text


# ---- docstrings


def test_lines_that_belong_together_are_joined():
    docstring = """Do one thing
    and another.  With care.

    And more.

    Args:
        first: one line.
        second: one of "a: b",
            "c" or
            note: this is still the second.
        third: the last.

    Returns:
        {"x": of it,
        "y"}: both.
    """
    assert endpoints.joined(docstring).split("\n") == [
        "Do one thing and another.  With care. And more.",
        "Args:",
        "first: one line.",
        'second: one of "a: b", "c" or note: this is still the second.',
        "third: the last.",
        "Returns:",
        '{"x": of it, "y"}: both.',
    ]
    assert endpoints.joined(endpoints.joined(docstring)) == endpoints.joined(docstring)
    assert endpoints.joined("") == ""
    assert not re.search("^ ", endpoints.joined(docstring), re.MULTILINE)
