() => {
  // The tab of the chat: a new turn is shown from its question on, what is sent leaves the box at once, and each picture
  // can be saved.
  const SCROLLS = "#wz-chat .bubble-wrap";
  let pinned = true, asked = 0, busy = false;

  // The last question stays at the top of the conversation while its answer grows, until the visitor scrolls themselves.
  const follow = () => {
    const scrolls = document.querySelector(SCROLLS), rows = document.querySelectorAll("#wz-chat .user-row");
    if (!scrolls) return;
    const works = scrolls.querySelector(".wz-chat-busy") !== null;
    if (rows.length > asked || (works && !busy)) pinned = true;
    asked = rows.length;
    busy = works;
    const row = rows[rows.length - 1];
    if (!pinned || !row) return;
    const frame = scrolls.getBoundingClientRect(), place = row.getBoundingClientRect();
    const long = place.height > 0.4 * frame.height; // of a pasted text the end is enough
    scrolls.scrollTop += long ? place.bottom - frame.top - 0.3 * frame.height : place.top - frame.top - 34;
  };
  const own = (event) => {
    if (event.target instanceof Element && event.target.closest(SCROLLS)) pinned = false;
  };
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"])
    document.addEventListener(kind, own, { capture: true, passive: true });
  let planned = 0;
  const plan = () => { cancelAnimationFrame(planned); planned = requestAnimationFrame(follow); };
  const sizes = new ResizeObserver(plan); // pictures are drawn later than their place is made
  const uploading = () => document.querySelector('#wz-chat-box [aria-label="Uploading"]') !== null;
  let held = false; // a message waits for its files
  const watch = () => {
    const scrolls = document.querySelector(SCROLLS);
    if (held && !uploading()) held = false;
    if (!scrolls || scrolls.dataset.watched) return;
    scrolls.dataset.watched = "yes";
    asked = 0;
    new MutationObserver(plan).observe(scrolls, { childList: true, subtree: true });
    if (scrolls.firstElementChild) sizes.observe(scrolls.firstElementChild);
    plan();
  };
  new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });
  watch();

  // What is sent leaves the box before the server has it: what is typed from then on is the next message.  The event that
  // empties the box and the one that sends run one after the other for each message, so they meet in the same order.
  const taken = [], sent = [];
  let typed = ""; // since then
  let given = null; // what is on its way, as long as it may stand there still
  const joined = (values) => ({
    text: values.map((value) => value.text).filter(Boolean).join("\n"),
    files: values.flatMap((value) => value.files),
  });
  window.wanzhuan.chat = {
    take: (value) => { taken.push(value ?? joined([])); typed = ""; return joined([]); },
    send: (value, ...known) => { // the box is empty by now
      given = null;
      sent.push(taken.shift() ?? value);
      return [sent.at(-1), ...known];
    },
    done: (value) => { // undefined changes nothing
      const place = sent.findIndex((one) => one.text === value.text);
      sent.splice(Math.max(0, place), 1);
      return place >= 0 && typed && typed !== value.text // it was refused, and put where something else stood
        ? joined([value, { text: typed, files: [] }]) : undefined;
    },
    failed: (value) => joined([sent.pop(), value].filter(Boolean)), // it never came to be said: it stands there again
  };
  document.addEventListener("input", ({ target }) => {
    if (!(target instanceof Element && target.matches("#wz-chat-box textarea"))) return;
    typed = target.value;
    given = null;
  }, true);
  // A page that goes away, as Gradio's does after a request that failed, leaves what was not said yet in the box.
  window.addEventListener("pagehide", () => {
    const area = document.querySelector("#wz-chat-box textarea");
    const said = [...document.querySelectorAll("#wz-chat .wz-chat-said")].map((one) => one.textContent.trim());
    const lost = [...sent, ...taken].filter(({ text }) => !said.some((one) => one.startsWith(text.trim().slice(0, 500))));
    if (area && lost.length) area.value = joined([...lost, { text: area.value, files: [] }]).text;
  }, true);
  // Enter once more: nothing stands there, or what stands there waits for its files already, or is on its way.
  const once = (event) => {
    const box = event.target instanceof Element ? event.target.closest("#wz-chat-box") : null;
    const area = box?.querySelector("textarea");
    const sends = event.type === "click" ? event.target.closest?.(".submit-button")
      : event.target === area && event.key === "Enter" && !event.shiftKey;
    if (!area || !sends) return;
    const empty = !area.value.trim() && !box.querySelector(".thumbnail-item") && !uploading();
    if (area.value === given || (empty ? sent.length || box.querySelector(".stop-button") : held)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    held = uploading();
    given = held ? null : area.value;
  };
  for (const kind of ["keypress", "click"]) document.addEventListener(kind, once, true);

  // The buttons below a picture are page.js's; here they learn which picture is theirs: the last one before them.
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest(".wz-chat-saves .wz-save") : null;
    if (!button) return;
    const before = (plot) => plot.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING;
    const plots = [...document.querySelectorAll("#wz-chat .js-plotly-plot")].filter(before);
    if (!plots.length) return;
    button.dataset.plot = "chat-" + plots.length;
    const id = "wz-plot-" + button.dataset.plot;
    document.getElementById(id)?.removeAttribute("id"); // older turns may have gone since it was given
    plots[plots.length - 1].parentElement.id = id;
  }, true);
}
