"""Who asks: a session is its browser's alone, other sites read nothing, passwords are not found by trying."""

import contextlib
import json
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from demo import guard, limits, rates
from tests.demo.attacks.asking import META, TEXT, Noting, ask, event, launched, upload


def browser(served):
    """One who has opened the page, and so has a cookie."""
    client = httpx.Client(base_url=served.url, timeout=60)
    assert client.get("/").status_code == 200 and guard.COOKIE in client.cookies
    return client


def test_the_cookie_is_for_nobody_else(served):
    told = httpx.get(f"{served.url}/").headers["set-cookie"]
    assert "HttpOnly" in told and "SameSite=Lax" in told
    first, same, other = (
        httpx.get(f"{served.url}/", headers={"User-Agent": agent}).cookies[guard.COOKIE] for agent in ("a", "a", "b")
    )
    assert first == same != other, "tabs that a browser opens at once are one visitor"
    again = httpx.get(f"{served.url}/", cookies={guard.COOKIE: first})
    assert "set-cookie" not in again.headers


def test_a_session_is_its_browsers_alone(served):
    """Who knows another's session hash gets neither answers nor what they have opened."""
    opened, fn = event(served, "reading_files.opened"), event(served, "reading.ask")
    with contextlib.closing(browser(served)) as mine:
        path = upload(mine, "/gradio_api", f"书名是[{TEXT}|0.9]。")
        shelf = ask(mine, "/gradio_api", opened, [[{"path": path, **META}], None, None], "mine")
        assert "a.txt" in shelf
        plain = (str, int, float, bool)
        told = [getattr(component, "value", None) for component in fn.inputs]
        values = [value if isinstance(value, plain) else None for value in told]
        for cookies in ({}, {guard.COOKIE: "guess"}):
            with httpx.Client(base_url=served.url, cookies=cookies, timeout=60) as thief:
                assert thief.get("/gradio_api/queue/data", params={"session_hash": "mine"}).status_code == 403
                assert thief.get("/gradio_api/heartbeat/mine").status_code == 403
                assert thief.get("/gradio_api/call/x/mine").status_code == 403, "Gradio takes it for a session"
                assert thief.get("/gradio_api/call/v2/x/mine/").status_code == 403
                told = {"session_hash": "mine", "fn_index": fn._id, "event_id": "x"}
                assert thief.post("/gradio_api/cancel", json=told).status_code == 403
                body = {"data": values, "fn_index": fn._id, "session_hash": "mine"}
                answer = thief.post("/gradio_api/queue/join", json=body)
                assert answer.status_code == 200  # the refusal comes to the session, which is not theirs
                told = mine.get("/gradio_api/queue/data", params={"session_hash": "mine"}).text
                assert "another visit" in told and TEXT not in told
                for name in ("title", "matrix"):
                    body = {"data": ["1", 0], "session_hash": "mine"}
                    asked = thief.post(f"/gradio_api/call/{name}", json=body)
                    assert asked.status_code == 200
                    told = mine.get("/gradio_api/queue/data", params={"session_hash": "mine"}).text
                    assert "another visit" in told
        told = {"session_hash": "mine", "fn_index": fn._id, "event_id": "x"}
        assert mine.post("/gradio_api/cancel", json=told).json() == {"success": True}

        def long():  # what it names lies behind what is looked at
            yield b'{"pad": "' + b"x" * 12_000
            yield f'", "session_hash": "mine", "fn_index": {fn._id}, "event_id": "x"}}'.encode()

        with httpx.Client(base_url=served.url, timeout=60) as thief:
            assert thief.post("/gradio_api/cancel", content=long()).status_code in (403, 422)
        for body in (b"", b"{", b"[" * 100_000, b'{"session_hash": 7}', b"x" * 1_000_000):
            assert mine.post("/gradio_api/cancel", content=body).status_code == 422
        again = ask(mine, "/gradio_api", opened, [[], None, None], "mine")
        assert "a.txt" in again, "and its owner goes on"


def test_a_session_that_nobody_knows_is_told_so_and_leaves_no_trace(served, capfd):
    told = httpx.get(f"{served.api}/queue/data", params={"session_hash": "nobodys"})
    assert told.status_code == 200 and '"session_not_found":true' in told.text, "as Gradio's page understands it"
    assert "Traceback" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("session", [7, [], {}, None, "", "../x", "\0", "\ud800", "x" * 1_000_000])
def test_forged_names_of_sessions_end_with_a_status(served, session):
    """The next is answered, whatever was sent."""
    body = json.dumps({"data": ["1", 0], "session_hash": session})  # a half of a pair goes as \\ud800
    for path in ("queue/join", "call/matrix", "cancel", "reset"):
        answer = httpx.post(f"{served.api}/{path}", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code < 500, path
    if isinstance(session, str) and len(session) < 100:
        short = quote(session, errors="surrogatepass")
        for path in (f"call/x/{short}", f"heartbeat/{short}" if not session else f"call/x/{short}/"):
            with httpx.stream("GET", f"{served.api}/{path}") as answer:
                assert answer.status_code < 500, path
    asked = httpx.post(f"{served.api}/call/matrix", json={"data": ["1", 0]})
    assert "complete" in httpx.get(f"{served.api}/call/matrix/{asked.json()['event_id']}").text


def test_who_keeps_no_cookie_has_a_session_by_its_hash(served):
    owners = guard.Owners(most=3)
    assert owners.owns("a", {}) and owners.owns("a", {})
    assert owners.owns("a", {guard.COOKIE: "x"}) and owners.owns("a", {}), "nor is it lost to who has one"
    assert owners.owns("b", {guard.COOKIE: "x"}) and not owners.owns("b", {}) and owners.owns("b", {guard.COOKIE: "x"})
    assert owners.owns("c", {}, new=False) and owners.owns("c", {guard.COOKIE: "x"}), "it was not anybody's yet"
    assert not owners.owns("c", {}, new=False)
    for number in range(3):
        owners.owns(str(number), {})
    assert owners.owns("b", {guard.COOKIE: "y"}), "memory has a bound"


def test_two_visitors_with_the_same_file_each_have_it(served):
    """Gradio names an upload by its content, and it is deleted once it has been read."""
    opened = event(served, "common.opened")
    with httpx.Client(timeout=60) as client:
        paths = [upload(client, served.api) for _ in range(2)]
        assert paths[0] != paths[1]
        for number, path in enumerate(paths):
            told = ask(client, served.api, opened, [{"path": path, **META}], f"visitor{number}")
            assert json.dumps(TEXT)[1:-1] in told or TEXT in told
            assert not Path(path).exists()


def test_other_sites_may_show_the_page_and_no_more(served):
    page = httpx.get(f"{served.url}/")
    assert "x-frame-options" not in page.headers and "frame-ancestors" not in str(page.headers)
    assert page.headers["x-content-type-options"] == "nosniff"
    foreign = {"Origin": "https://elsewhere.example"}
    here = httpx.get(f"{served.url}/config", headers=foreign)
    assert "access-control-allow-origin" not in here.headers, "who runs it at home is not read by a site they visit"
    there = httpx.get(f"{served.url}/config", headers={**foreign, "Host": "play.example"})
    assert there.headers["access-control-allow-origin"] == foreign["Origin"], "<gradio-app> needs it"
    assert "SameSite=Lax" in httpx.get(f"{served.url}/", headers=foreign).headers["set-cookie"]


def test_a_page_with_a_login_answers_no_other_site():
    with launched(auth=[("ann", "right")]) as (_, url), httpx.Client(base_url=url) as ann:
        login = {"username": "ann", "password": "right"}
        elsewhere = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
        assert ann.post("/login", data=login, headers=elsewhere).status_code == 403
        assert ann.post("/login", data=login).status_code == 200
        assert ann.get("/config").status_code == 200
        for site in ("cross-site", "same-site"):
            there = {**elsewhere, "Sec-Fetch-Site": site, "Origin": "https://elsewhere.example"}
            assert ann.get("/config", headers=there).status_code == 403
            assert ann.post("/gradio_api/call/matrix", json={"data": ["1", 0]}, headers=there).status_code == 403
        followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert ann.get("/", headers=followed).status_code == 200, "a link leads here"
        assert ann.get("/config", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_passwords_are_not_found_by_trying(monkeypatch):
    monkeypatch.setattr(limits, "LOGINS", 3)
    with launched(auth=[("ann", "right")]) as (_, url), httpx.Client(base_url=url) as eve:
        head = {"X-Forwarded-For": "8.8.4.98", "Accept-Language": "zh"}
        tries = [{"username": "ann", "password": str(number)} for number in range(3)]
        tries.append({"username": "ann", "password": "right"})
        found = [eve.post("/login", data=one, headers=head) for one in tries]
        assert [answer.status_code for answer in found] == [400, 400, 400, 429]
        assert "尝试登录" in found[-1].json()["detail"]
        head["X-Forwarded-For"] = "8.8.4.97"
        assert eve.post("/login", data=tries[-1], headers=head).status_code == 200, "others come in"


def test_a_login_that_is_counted_elsewhere_holds_nobody_up(monkeypatch):
    """The count may be another server's, for which the thread that all visitors share must not wait."""
    noting = Noting()
    monkeypatch.setattr(rates, "RATES", noting)
    with launched(auth=[("ann", "right")]) as (_, url):
        for path in ("/login", "/login/"):
            for password in ("wrong", "right"):
                httpx.post(f"{url}{path}", data={"username": "ann", "password": password})
    assert noting.in_loop == [False] * 4
