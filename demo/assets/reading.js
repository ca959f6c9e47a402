() => {
  // What the tab of reading does without the server: files dropped anywhere on its left side, which candidate's mask
  // places are shown, and a link that asks its question.
  const closest = (event, selector) => event.target instanceof Element ? event.target.closest(selector) : null;
  const panes = () => document.querySelector(".wz-reading-panes");

  // ---- files -----------------------------------------------------------------------------------------------------
  const side = (event) => closest(event, ".wz-r-left");
  const input = () => panes()?.querySelector(".wz-upload")?.parentElement.querySelector("input[type=file]");
  document.addEventListener("dragover", (event) => {
    const over = side(event);
    panes()?.querySelector(".wz-r-left")?.classList.toggle("wz-r-over", Boolean(over) && [...event.dataTransfer.types].includes("Files"));
    if (over && [...event.dataTransfer.types].includes("Files")) event.preventDefault();
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) panes()?.querySelector(".wz-r-left")?.classList.remove("wz-r-over");
  });
  document.addEventListener("drop", (event) => { // before page.js, which takes one file for a box of text
    panes()?.querySelector(".wz-r-left")?.classList.remove("wz-r-over");
    if (!side(event) || !event.dataTransfer.files.length || !input()) return;
    event.preventDefault();
    event.stopPropagation();
    const chosen = new DataTransfer();
    for (const file of event.dataTransfer.files) chosen.items.add(file);
    input().files = chosen.files;
    input().dispatchEvent(new Event("change", { bubbles: true }));
  }, true);

  // ---- a row of the table shows its mask places --------------------------------------------------------------------
  const show = (row) => {
    const detail = row?.closest(".wz-r-detail");
    if (!detail || !detail.querySelector(".wz-r-places")) return;
    for (const other of detail.querySelectorAll(".wz-r-row")) other.classList.toggle("wz-r-hot", other === row);
    for (const places of detail.querySelectorAll(".wz-r-places")) places.hidden = places.dataset.candidate !== row.dataset.candidate;
  };
  document.addEventListener("click", (event) => show(closest(event, ".wz-r-row")));
  document.addEventListener("keydown", (event) => {
    const row = closest(event, ".wz-r-row");
    if (row && event.key === "Enter") show(row);
    if (row && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
      if (next) { event.preventDefault(); next.focus(); show(next); }
    }
    const asks = closest(event, "#wz-reading-question");
    if (asks && event.key === "Enter" && !event.isComposing && window.innerWidth < 760) // the answer is far below
      panes().querySelector(".wz-answer")?.scrollIntoView({ behavior: "smooth" });
  });

  // ---- another threshold: the server says how the rows stand now (`moved` of demo/reading_render.py) ----------------
  const SAME = { __type__: "update" }; // for Gradio: the slider stays as it is
  const best = (tuned, value) => tuned ? value : SAME; // it shows the tuned threshold as long as that is ticked
  const moved = (told, tuned) => {
    if (!told) return SAME;
    rows(told);
    return best(tuned, JSON.parse(told)[0].verdict.threshold);
  };
  // An answer has come, `asked` with the slider's threshold or with the tuned one, null: whatever was chosen since counts.
  const settled = (told, tuned, threshold) => {
    if (!told) return SAME;
    const { asked, tuned: value } = JSON.parse(told);
    if (asked !== (tuned ? null : threshold)) document.querySelector("#wz-reading-again")?.click();
    return best(tuned, value);
  };
  const rows = (told) => {
    const details = document.querySelector("#wz-reading-details");
    const ways = told ? JSON.parse(told) : [], shown = details?.querySelectorAll(".wz-r-detail") || [];
    if (!ways.length || shown.length !== ways.length) return; // the answer to another question stands there by now
    if (ways.some(({ order }, i) => shown[i].querySelectorAll(".wz-r-row").length !== order.length)) return;
    ways.forEach(({ order, told }, i) => {
      const rows = new Map([...shown[i].querySelectorAll(".wz-r-row")].map((row) => [row.dataset.candidate, row]));
      order.map((number) => rows.get(String(number))).forEach((row, place) => {
        const why = told[row.dataset.candidate], words = why && details.querySelector(`template[data-why="${why}"]`);
        row.querySelector(".wz-r-vote").replaceChildren(words ? words.content.cloneNode(true) : why);
        row.classList.toggle("wz-r-lost", !why || Boolean(words));
        row.parentElement.append(row);
        if (!place) show(row);
      });
    });
    const save = details.querySelector(".wz-save"), whole = JSON.parse(save.dataset.text);
    [whole].flat().forEach((found, i) => Object.assign(found, ways[i].verdict));
    save.dataset.text = JSON.stringify(whole, null, 2);
  };

  window.wanzhuan.reading = { moved, settled };
}
