() => {
  // What was typed outlives a reload, which Gradio makes by itself once a request has failed.  It stays in this tab of the
  // browser, and no longer than until it stands in its box again.
  const PREFIX = "wanzhuan-typed ", CHAT = "wz-chat-box", BOXES = '[id^="wz-"] :is(textarea, input)[data-testid="textbox"]';
  const typed = new Set(); // boxes by the ids around them, in which the visitor has written, or that were filled again
  const found = new Map(); // the same → what stood there before the reload, unless the visitor has written there since
  const around = (box) => box instanceof Element && box.matches(BOXES) && box.closest(".gradio-container")
    ? box.closest('[id^="wz-"]') : null;
  const boxOf = (id) => document.getElementById(id)?.querySelector('[data-testid="textbox"]');
  const storage = () => { try { return window.sessionStorage; } catch { return null; } }; // forbidden in some frames

  const forget = () => {
    const kept = storage();
    for (const key of Object.keys(kept ?? {})) if (key.startsWith(PREFIX)) kept.removeItem(key);
  };
  document.addEventListener("input", (event) => {
    const block = around(event.target);
    if (!block) return;
    typed.add(block.id);
    if (event.isTrusted) found.delete(block.id);
  }, true);
  document.addEventListener("click", (event) => { // of the conversation that is cleared nothing is to be left
    if (event.target instanceof Element && event.target.closest('#wz-chat .icon-button-wrapper button')) typed.delete(CHAT);
  }, true);
  window.addEventListener("pagehide", () => {
    const kept = storage();
    if (!kept) return;
    for (const id of new Set([...typed, ...found.keys()])) {
      const value = boxOf(id)?.value ?? found.get(id);
      try { if (value !== undefined) kept.setItem(PREFIX + id, value); } catch { /* too long: the others are kept */ }
    }
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) forget(); });

  const fill = (id, text) => {
    const box = boxOf(id);
    if (!box) return;
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true })); // also where it stands there: another may be on its way
  };
  // A box of a tab that is not shown yet comes later.
  const seen = new Set();
  const look = () => {
    for (const [id, text] of found) if (!seen.has(id) && boxOf(id)) { seen.add(id); fill(id, text); }
    if (seen.size >= found.size) watch.disconnect();
  };
  const watch = new MutationObserver(look);
  if (performance.getEntriesByType("navigation")[0]?.type === "reload") {
    const kept = storage();
    for (const key of Object.keys(kept ?? {}))
      if (key.startsWith(PREFIX)) found.set(key.slice(PREFIX.length), kept.getItem(key));
    if (found.size) watch.observe(document.body, { childList: true, subtree: true });
    look();
  }
  forget();
  // A link's values are older, and come after these; Gradio shows them a little later than it says.
  const linked = window.wanzhuan.linked;
  let loading = true; // until the visitor presses something that may fill a box: an example, say
  document.addEventListener("click", (event) => {
    if (event.isTrusted && event.target instanceof Element && event.target.closest("button:not([role=tab])")) loading = false;
  }, true);
  window.wanzhuan.linked = (tab) => {
    const again = () => found.forEach((text, id) => { if (loading && boxOf(id)?.value !== text) fill(id, text); });
    if (loading) found.forEach((text, id) => fill(id, text));
    for (const later of [100, 1000]) if (found.size) setTimeout(again, later);
    linked(tab);
  };
}
