"""The stream of answers in a real Chromium: no answer is lost when its end and the next question pass each other."""

from __future__ import annotations

from tests.browser.conftest import open_tab

SHOWN = ("tab_titling", "tab_matrix")
# keeps the word that a stream ends until `release()`: the questions that come meanwhile are passed on
HOLD = """(() => {
    const ask = window.fetch;
    const released = new Promise((resolve) => { window.release = resolve; });
    window.joined = window.streams = 0;
    window.fetch = async (...request) => {
        const response = await ask(...request);
        const address = String(request[0]?.url ?? request[0]);
        if (address.includes("/queue/join")) window.joined += 1;
        if (!address.includes("/queue/data")) return response;
        window.streams += 1;
        const hold = new TransformStream({
            transform: async (text, controller) => {
                const end = text.indexOf('data: {"msg":"close_stream"'); // may come with what is before it
                if (end < 0) return controller.enqueue(text);
                controller.enqueue(text.slice(0, end));
                await released;
                controller.enqueue(text.slice(end));
            },
        });
        const text = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(hold);
        return new Response(text.pipeThrough(new TextEncoderStream()), { status: response.status });
    };
})()"""


def write(page, text):
    page.fill("#wz-article textarea", text)
    page.click("#wz-write")


def test_an_answer_is_heard_though_its_question_passed_the_streams_end(visit):
    page = visit()
    page.add_init_script(HOLD)
    page.reload()
    page.wait_for_function("window.wanzhuan !== undefined")
    open_tab(page, "tab_titling")
    write(page, "今天下雪。明天放晴。")
    page.wait_for_selector("#wz-stop:not([disabled])")
    page.wait_for_selector("#wz-stop[disabled]", state="attached")  # the event is over
    assert page.inner_text(".wz-article") == "今天下雪。明天放晴。"
    before = page.evaluate("window.joined")
    write(page, "今天下雨。明天起风。")
    page.wait_for_function("before => window.joined > before", arg=before)
    page.evaluate("window.release()")
    page.wait_for_function("document.querySelector('.wz-article')?.textContent === '今天下雨。明天起风。'")
    assert page.evaluate("window.streams") > 1
    write(page, "风停了。")
    page.wait_for_function("document.querySelector('.wz-article')?.textContent === '风停了。'")


# answers the second question, in the moment in which the stream of the first one ends, with a refusal
REFUSE = """(() => {
    const ask = window.fetch;
    window.fetch = async (...request) => {
        const address = String(request[0]?.url ?? request[0]);
        if (!address.includes("/queue/join") || !window.refusing) return ask(...request);
        window.refusing = false;
        await window.ends;
        return new Response('{"detail": "full"}', { status: 429, headers: { "Content-Type": "application/json" } });
    };
})()"""


def test_a_refused_question_leaves_no_stream_open(visit):
    page = visit("en-US")
    page.add_init_script(HOLD)
    page.add_init_script(REFUSE)
    page.reload()
    page.wait_for_function("window.wanzhuan !== undefined")
    open_tab(page, "tab_titling")
    write(page, "\u4eca\u5929\u4e0b\u96ea\u3002")
    page.wait_for_selector("#wz-stop:not([disabled])")
    page.wait_for_selector("#wz-stop[disabled]", state="attached")
    page.evaluate(
        "() => { window.refusing = true; window.ends = new Promise((resolve) => { window.end = resolve; }); }"
    )
    write(page, "\u4eca\u5929\u4e0b\u96e8\u3002")
    page.wait_for_function("!window.refusing")
    page.evaluate("window.release()")  # the question is still on its way: the stream is asked for again
    page.wait_for_function("window.streams === 2")
    page.evaluate("window.end()")
    page.wait_for_selector(".toast-body")
    write(page, "\u98ce\u505c\u4e86\u3002")
    page.wait_for_function("document.querySelector('.wz-article')?.textContent === '\u98ce\u505c\u4e86\u3002'")
    assert page.evaluate("window.streams") == 3, "the second one was closed"


def test_a_word_that_the_server_does_nothing_on_is_not_waited_for(visit, served):
    """Gradio's client sends it after a cancel, and forgets what began before its answer; others' is passed on."""
    page, sent = visit(), []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("reset") else None)
    told = """address => fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body:
        '{"event_id": "x"}' }).then((response) => response.json())"""
    assert page.evaluate(told, f"{served.url}gradio_api/reset") == {"success": True}
    assert not sent
    foreign = "http://127.0.0.1:9/gradio_api/reset"
    page.evaluate(f"address => ({told})(address).catch(() => 'passed on')", foreign)
    assert sent == [foreign]
