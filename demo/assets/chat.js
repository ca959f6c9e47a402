() => {
  // The tab of the chat: a new turn is shown from its question on, and each picture can be saved.
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
  const watch = () => {
    const scrolls = document.querySelector(SCROLLS);
    if (!scrolls || scrolls.dataset.watched) return;
    scrolls.dataset.watched = "yes";
    asked = 0;
    new MutationObserver(plan).observe(scrolls, { childList: true, subtree: true });
    if (scrolls.firstElementChild) sizes.observe(scrolls.firstElementChild);
    plan();
  };
  new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });
  watch();

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
