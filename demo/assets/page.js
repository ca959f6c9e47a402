() => {
  // What the page does without the server: language, copying, counting, dropping a file, moving the marks.
  const COOKIE = "wanzhuan_language";
  const root = document.documentElement;
  const closest = (event, selector) => event.target instanceof Element ? event.target.closest(selector) : null;

  const cookie = () => (document.cookie.match(new RegExp("(?:^|; )" + COOKIE + "=(zh|en)")) || [])[1];
  const keep = (language) => {
    const secure = location.protocol === "https:" ? "; SameSite=None; Secure" : "; SameSite=Lax";
    document.cookie = COOKIE + "=" + language + "; path=/; max-age=31536000" + secure;
  };
  // Where this page comes from: it may stand in somebody else's, as <gradio-app>.  And the files loaded from there.
  const roots = () => {
    const from = [...document.querySelectorAll("gradio-app[src]")].map((app) => app.getAttribute("src").replace(/\/?$/, "/"))
      .concat([...document.querySelectorAll('script[src$="/gradio.js"]')].map((script) => script.src));
    return (from.length ? from : ["."]).map((address) => new URL(".", new URL(address, document.baseURI)).href);
  };
  const ours = (address) => roots().some((root) => new URL(address, location.href).href.startsWith(root));
  const loaded = () => performance.getEntriesByType("resource").map((entry) => entry.name.split("?")[0]).filter(ours);
  // Gradio's translator knows zh-CN and zh-TW but not zh, zh-HK or zh-SG, and offers no call to switch: its module,
  // already loaded, does.  Where it cannot be found, labels follow the browser as Gradio has them.
  const translate = async (language) => {
    for (const url of loaded().filter((name) => /\/assets\/core-[\w-]+\.js$/.test(name))) {
      const module = await import(url).catch(() => null);
      if (module && module.changeLocale) module.changeLocale(language === "zh" ? "zh-CN" : "en");
    }
  };
  const speak = (language) => {
    root.dataset.language = language;
    root.lang = language === "zh" ? "zh-CN" : "en";
    return translate(language);
  };
  const asked = new URLSearchParams(location.search).get("lang");
  const browser = (navigator.languages || [navigator.language]).map((tag) => tag.slice(0, 2).toLowerCase());
  const first = browser.find((tag) => tag === "zh" || tag === "en") || "en";
  if (asked === "zh" || asked === "en") keep(asked);
  speak(asked === "zh" || asked === "en" ? asked : cookie() || first);

  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea"); // plain http: the old way
    area.value = text;
    area.style.position = "fixed";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };
  document.addEventListener("click", (event) => {
    if (closest(event, "#wz-switch")) {
      const language = root.dataset.language === "zh" ? "en" : "zh";
      keep(language);
      speak(language).finally(() => { // pictures with words are drawn again, those of the tab shown
        for (const button of document.querySelectorAll(".wz-relabel"))
          if (button.parentElement.offsetParent) button.click();
      });
    }
    const save = closest(event, ".wz-save");
    if (save) window.wanzhuan.save(save.dataset);
    const asks = closest(event, ".wz-go, .wz-examples button");
    if (asks && window.innerWidth < 760) // on a phone the answer is far below
      asks.closest(".wz-panes")?.querySelector(".wz-answer")?.scrollIntoView({ behavior: "smooth" });
    const button = closest(event, ".wz-copy");
    if (button) copy(button.dataset.copy).then(() => {
      button.classList.add("wz-copied");
      setTimeout(() => button.classList.remove("wz-copied"), 1500);
    });
  });

  // The buttons that stop, by their ids, which were pressed later than anything else in their row.
  const halted = new Set();
  for (const kind of ["click", "change"]) document.addEventListener(kind, (event) => {
    const stop = closest(event, ".row")?.querySelector(":scope > .wz-stop");
    if (stop) halted[stop.contains(event.target) ? "add" : "delete"](stop.id);
  }, true);

  const point = (event) => {
    const title = closest(event, ".wz-title[tabindex]");
    const around = title?.closest(".wz-chat-reply, .wz-panes"); // in the chat several articles stand on the page
    const article = around?.querySelector(".wz-article");
    if (!article || article.dataset.shown === title.dataset.title) return;
    article.dataset.shown = title.dataset.title;
    around.querySelectorAll(".wz-title").forEach((other) => other.classList.toggle("wz-pointed", other === title));
  };
  for (const kind of ["mouseover", "focusin", "click"]) document.addEventListener(kind, point);

  // The link by which this page was opened; the address bar may hold another one later, of `share`.
  const opened = new URLSearchParams(location.search);
  let pressed = window.top !== window; // in another site's frame nothing is asked before its visitor wants it
  document.addEventListener("input", () => { pressed = true; }, { once: true, capture: true }); // nor what was typed
  window.wanzhuan = {
    loaded,
    ours,
    speak: () => speak(root.dataset.language),
    unlessStopped: (stop, values) => {
      if (halted.has(stop)) throw new Error("stopped"); // so Gradio lets the event be
      return values;
    },
    count: (text, most) => {
      const value = text || "";
      const pairs = value.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g); // one character, two units
      const count = value.length - (pairs ? pairs.length : 0);
      const characters = count.toLocaleString("en");
      const over = count > most ? " wz-over" : "";
      const noun = characters === "1" ? "character" : "characters";
      return `<div class="wz-count${over}"><span class="wz-en" lang="en">${characters} ${noun}</span>` +
        `<span class="wz-zh" lang="zh-CN">${characters} 字</span></div>`;
    },

    // A link to a tab with the values of its fields, into the clipboard and the address bar.
    share: async (tab, names, values) => {
      const query = new URLSearchParams();
      const language = new URLSearchParams(location.search).get("lang");
      if (language) query.set("lang", language);
      query.set("tab", tab);
      names.forEach((name, i) => {
        const value = values[i];
        if (value !== null && value !== undefined) query.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
      });
      const link = location.origin + location.pathname + "?" + query;
      const fits = link.length <= 8000; // what servers and proxies take for sure
      if (fits) {
        history.replaceState(history.state, "", link);
        await copy(link);
      }
      const button = document.querySelector("#wz-share-" + tab);
      const told = fits ? "wz-shared" : "wz-long";
      button?.classList.add(told);
      setTimeout(() => button?.classList.remove(told), fits ? 1500 : 4000);
    },

    // Press a button as soon as it is there: a tab that is just being opened has its parts on their way.
    press: (button, tries = 50) => {
      const there = document.getElementById(button);
      if (there) there.click();
      else if (tries) setTimeout(window.wanzhuan.press, 100, button, tries - 1);
    },

    // Press the button once, when a link that holds this field has opened the tab and filled in the box.
    pressLinked: (tab, field, box, button) => {
      if (opened.get("tab") !== tab || !(opened.get(field) || "").trim()) return;
      const press = (tries) => {
        const filled = document.querySelector(`#${box} :is(input, textarea)`)?.value;
        const there = filled && document.querySelector("#" + button);
        if (pressed || !(there || tries)) return;
        if (!there) return setTimeout(press, 100, tries - 1); // its parts of the page are still on their way
        pressed = true;
        there.click();
      };
      press(50);
    },

    // After a link's values have been filled in: have the tab that it names computed.
    linked: (tab) => {
      if (opened.get("tab") === tab) document.querySelector("#wz-linked-" + tab)?.click();
    },

    // A picture or its data as a file.
    save: async ({ plot, kind, filename, text }) => {
      const download = (name, address) => {
        const anchor = document.createElement("a");
        anchor.download = name;
        anchor.href = address;
        document.body.append(anchor);
        anchor.click();
        anchor.remove();
      };
      const file = (name, content, type) => {
        const address = URL.createObjectURL(new Blob([content], { type }));
        download(name, address);
        setTimeout(() => URL.revokeObjectURL(address), 10000);
      };
      if (!plot) return file(filename, text, kind === "json" ? "application/json" : "text/csv");
      const drawn = picture(plot);
      if (!drawn) return;
      if (kind === "csv") return file(`wanzhuan-${plot}.csv`, table(drawn), "text/csv");
      const { width, height } = drawn._fullLayout;
      const layout = { ...drawn.layout, paper_bgcolor: "white", plot_bgcolor: "white" };
      download(`wanzhuan-${plot}.${kind}`, await Plotly.toImage({ data: drawn.data, layout },
        { format: kind, width, height, scale: kind === "png" ? 3 : 1 }));
    },

    // Show the frame of a picture that lies nearest to a slider's value; who moves the slider ends what plays.
    scrub: (plot, value) => {
      if (value !== played) {
        moved = true;
        playing = {};
      }
      frame(plot, value);
    },

    // Run through the frames once, in about four seconds; answers the last value, for the slider, or leaves it alone.
    play: async (plot) => {
      const frames = picture(plot)?.layout?.meta?.frames;
      if (!frames || moved) return { __type__: "update" }; // of two pictures with one button the second comes later
      const values = frames.values, began = performance.now(), calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      const run = (playing[plot] = {}); // a second click starts anew
      for (let done = calm ? 1 : 0; done < 1 && playing[plot] === run;) {
        frame(plot, values[Math.floor(done * (values.length - 1))]);
        await new Promise(requestAnimationFrame);
        done = (performance.now() - began) / 4000;
      }
      if (playing[plot] !== run) return { __type__: "update" };
      played = values[values.length - 1];
      frame(plot, played);
      return played;
    },
  };
  let playing = {}, moved = false, played = null; // a run a picture; whether a slider was moved since a button was pressed
  document.addEventListener("click", (event) => { if (closest(event, "button")) moved = false; }, true);
  const frame = (plot, value) => { // `picture` of demo/plots.py brings the frames
    const drawn = picture(plot), frames = drawn?.layout?.meta?.frames;
    if (!frames) return;
    let at = 0;
    frames.values.forEach((other, i) => { if (Math.abs(other - value) < Math.abs(frames.values[at] - value)) at = i; });
    const update = {};
    for (const key of ["x", "y", "z"])
      if (frames.traces.some((trace) => trace[key])) update[key] = frames.traces.map((trace) => trace[key]?.[at]);
    if (frames.traces.length) Plotly.restyle(drawn, update, frames.traces.map((trace) => trace.index));
    const told = document.querySelector(`.wz-readout[data-for="${plot}"]`);
    if (told && frames.text) told.textContent = frames.text[at];
  };
  const picture = (plot) => document.querySelector(`#wz-plot-${plot} .js-plotly-plot`);
  const table = (drawn) => { // a pair of columns a series; a cell that a spreadsheet would run as a formula is quoted
    const columns = [];
    for (const trace of drawn._fullData) for (const key of ["x", "y", "z"]) {
      const values = trace[key];
      if (values && values.length !== undefined)
        columns.push([`${trace.name || "series " + (trace.index + 1)} ${key}`, ...Array.from(values, (one) => Array.isArray(one) ? one.join(" ") : one)]);
    }
    const cell = (value) => {
      const text = value === null || value === undefined ? "" : String(value);
      const formula = /^[=+@\-\t\r\n\uff1d\uff0b\uff0d\uff20]/; // as in demo/triples_render.py; full-width too
      const tame = typeof value === "string" && formula.test(text) ? "'" + text : text;
      return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
    };
    const rows = Math.max(0, ...columns.map((column) => column.length));
    return Array.from({ length: rows }, (_, i) => columns.map((column) => cell(column[i])).join(",")).join("\r\n") + "\r\n";
  };

  document.addEventListener("keydown", (event) => { // Ctrl+Enter in a text box asks the model
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey))
      closest(event, ".wz-source")?.closest(".wz-panes")?.querySelector(".wz-go")?.click();
  });

  // A file dropped on a text box goes the way of the upload button below it.
  const inputOf = (box) => {
    const button = box && box.closest(".wz-panes")?.querySelector(".wz-upload");
    return button ? button.parentElement.querySelector("input[type=file]") : null;
  };
  // A hint; the server decides.  Gradio's own file_types would show a refused file's name as HTML.
  const KINDS = {
    ".wz-upload": ".txt,.md,.html,.htm,.docx,.pdf",
    "#wz-triples-many-upload": ".txt,.jsonl",
    "#wz-matrix-upload": ".csv,.tsv,.txt,.npy",
  };
  const offer = (event) => {
    for (const [which, kinds] of Object.entries(KINDS))
      closest(event, which)?.parentElement.querySelector("input[type=file]")?.setAttribute("accept", kinds);
  };
  for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, offer);
  document.addEventListener("dragover", (event) => { if (closest(event, ".wz-source")) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    const input = inputOf(closest(event, ".wz-source"));
    if (!input || !event.dataTransfer.files.length) return;
    event.preventDefault();
    const chosen = new DataTransfer();
    chosen.items.add(event.dataTransfer.files[0]);
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
