() => {
  // The server ends a session's stream of answers when it has given all.  Its word of that and the browser's next
  // question may pass each other: then Gradio's client takes the stream for open, and nobody hears that one's answer.
  // So a stream that ends while a question is out is asked for again, and the client sees one that goes on.
  if (window.fetch.wanzhuan) return; // two pages of ours in one
  const CLOSE = 'data: {"msg":"close_stream"}\n\n';
  const ask = window.fetch;
  const sessions = new Map(); // name → questions on their way, those the server has, those it answered before it said so
  const of = (name) => sessions.get(name) ?? sessions.set(name, { sent: 0, out: new Set(), early: new Set() }).get(name);

  const waits = (session) => session.sent + session.out.size > 0;

  const join = async (session, request) => {
    session.sent += 1;
    try {
      const response = await ask(...request);
      if (response.ok) {
        const { event_id } = await response.clone().json();
        if (!session.early.delete(event_id)) session.out.add(event_id);
      }
      return response;
    } finally {
      session.sent -= 1;
      if (session.over && !waits(session)) session.over();
    }
  };

  // Whether this line of a stream is to be kept from the client.
  const kept = (session, line) => {
    if (!/"(process_completed|close_stream)"/.test(line)) return false;
    const { msg, event_id } = JSON.parse(line.slice(5)); // a visitor may have written these words
    if (msg === "process_completed" && !session.out.delete(event_id)) session.early.add(event_id);
    return msg === "close_stream" && waits(session);
  };

  const listen = async (session, request) => {
    let response = await ask(...request);
    if (!response.ok || !response.body) return response;
    const { status, headers } = response, encoder = new TextEncoder();
    let reader;
    const pass = async (controller, again) => { // the stream on; whether it is to be asked for again
      reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      session.over = again && (() => { // the question that it was asked for again for was refused: nothing will come
        session.over = null;
        controller.enqueue(encoder.encode(CLOSE));
        reader.cancel();
      });
      if (again && !waits(session)) session.over();
      for (let some = []; ;) {
        const { value, done } = await reader.read();
        if (done) return false;
        if (!value.includes("\n")) {
          some.push(value); // of a long answer
          continue;
        }
        const lines = [...some, value].join("").split("\n");
        some = [lines.pop()];
        for (const line of lines) {
          if (kept(session, line)) return reader.cancel().then(() => true);
          controller.enqueue(encoder.encode(line + "\n"));
        }
      }
    };
    const start = async (controller) => {
      try {
        for (let again = false; await pass(controller, again); again = true) {
          response = await ask(...request);
          if (!response.ok) throw new Error(`the stream of answers: ${response.status}`);
        }
        controller.close();
      } catch (error) {
        controller.error(error); // as the client hears of it otherwise
      } finally {
        session.over = null;
      }
    };
    const cancel = (why) => reader.cancel(why);
    return new Response(new ReadableStream({ start: (controller) => { start(controller); }, cancel }), { status, headers });
  };

  // What the visitor reads: the page's cookie of it is not sent from a page elsewhere.
  const inLanguage = (address) => {
    const found = new URL(address, location.href);
    found.searchParams.set("wanzhuan_language", document.documentElement.dataset.language ?? "");
    return found.href;
  };

  window.fetch = (...request) => {
    const address = String(request[0]?.url ?? request[0]);
    // A word after a cancel, on which the server does nothing.  Until it is answered the client takes the cancelled event
    // for one under way, and would forget one that began meanwhile: it could not be stopped any more.
    if (/\/gradio_api\/reset$/.test(address) && window.wanzhuan?.ours(address)) return Promise.resolve(Response.json({ success: true }));
    const [, kind] = address.match(/\/gradio_api\/(queue\/join|queue\/data|run|upload)\b/) ?? [];
    if (!kind || !window.wanzhuan?.ours(address)) return ask(...request); // of whoever else is on this page
    if (kind !== "queue/data" && typeof request[0] === "string") request[0] = inLanguage(address);
    if (kind === "run" || kind === "upload") return ask(...request);
    if (kind === "queue/data") return listen(of(new URL(address, location.href).searchParams.get("session_hash")), request);
    return typeof request[1]?.body === "string" ? join(of(JSON.parse(request[1].body).session_hash), request) : ask(...request);
  };
  window.fetch.wanzhuan = true;
}
