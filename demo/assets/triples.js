() => {
  // The tab of triples: threshold, marks, table and graph.  What the model found lies in the page with its scores, so
  // that the threshold acts at once.  Every text of a visitor is set as text or drawn on a canvas, never as HTML.
  // The tab has one result, the chat one an answer: each is a scene of its own.
  const closest = (event, selector) => event.target instanceof Element ? event.target.closest(selector) : null;
  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const WHEEL = 1.2; // one press of a zoom button
  // Cytoscape.js comes with Gradio's own files, which lie beside those that the page has loaded already.
  let library = null, tries = 0;
  const load = async (name) => {
    const beside = window.wanzhuan.loaded().find((url) => /\/assets\/[\w.-]+\.js$/.test(url)) || new URL("assets/x", document.baseURI).href;
    const address = new URL(name, beside);
    if (tries++) address.search = tries; // a browser may remember that a module could not be fetched
    const module = await import(address.href);
    return Object.values(module).find((part) => typeof part === "function" && part.use && part.version);
  };
  const cytoscape = (name) => library ||= load(name).catch((error) => {
    library = null; // the next graph asks for it again
    throw error;
  });

  const scene = (root) => {
    const all = (selector) => [...root.querySelectorAll(selector)];
    let drawn = null; // {card, data, cy}: the result that is shown
    let chosen = null; // the threshold that the visitor has chosen; null: that of the weights

    // ---- the threshold ---------------------------------------------------------------------------------------------
    const threshold = () => Number(drawn?.card.querySelector(".wz-t-threshold input")?.value ?? 0);
    const kept = (number) => drawn.data.scores[number] >= threshold() - 1e-9;
    const numbers = (element, name) => (element.dataset[name] || "").split(" ").filter(Boolean).map(Number);
    const apply = () => {
      if (!drawn) return;
      let count = 0;
      for (const row of all(".wz-t-table tbody tr")) count += !(row.hidden = !kept(Number(row.dataset.item)));
      for (const slot of all(".wz-t-table small")) slot.hidden = !kept(Number(slot.dataset.item));
      for (const piece of all(".wz-t-text [data-s], .wz-t-text [data-o]")) {
        piece.classList.toggle("wz-t-subject", numbers(piece, "s").some(kept));
        piece.classList.toggle("wz-t-object", numbers(piece, "o").some(kept));
      }
      for (const place of all(".wz-t-count")) place.textContent = count + " / " + drawn.data.triples;
      for (const place of all(".wz-t-threshold output")) place.textContent = threshold().toFixed(2);
      for (const place of all(".wz-t-none")) place.hidden = count > 0;
      const types = new Set();
      if (drawn.cy) drawn.cy.batch(() => {
        drawn.cy.edges().forEach((edge) => edge.toggleClass("gone", !edge.data("items").some(kept)));
        drawn.cy.nodes().forEach((node) => node.toggleClass("gone", !node.connectedEdges().some((e) => !e.hasClass("gone"))));
      });
      for (const edge of drawn.data.edges) if (edge.items.some(kept))
        for (const end of [edge.source, edge.target]) drawn.data.nodes[end].hues.forEach((hue) => types.add(hue));
      for (const type of all(".wz-t-legend [data-hue]")) type.hidden = !types.has(Number(type.dataset.hue));
      arrangeSoon();
    };
    root.addEventListener("input", (event) => {
      if (!closest(event, ".wz-t-threshold input")) return;
      chosen = event.target.value;
      point([]);
      apply();
    });

    // ---- the graph -------------------------------------------------------------------------------------------------
    const colour = (name) => getComputedStyle(drawn.card).getPropertyValue(name).trim();
    const FONT = 'system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
    const pen = document.createElement("canvas").getContext("2d");
    const wide = (text) => { pen.font = "13px " + FONT; return Math.ceil(pen.measureText(text).width); };
    const short = (text) => [...text].length > 16 ? [...text].slice(0, 15).join("") + "…" : text;
    const looks = () => [
      { selector: "node", style: {
        shape: "round-rectangle", width: "data(wide)", height: 30, label: "data(label)", "font-size": 13,
        "font-family": FONT, "text-valign": "center", "text-halign": "center", color: colour("--wz-t-ink"),
        "background-color": (node) => colour("--wz-tint-" + node.data("hue")), "border-width": 1.5,
        "border-color": (node) => colour("--wz-hue-" + node.data("hue")),
      } },
      { selector: "edge", style: {
        "curve-style": "bezier", "control-point-step-size": 48, width: 1.5, "line-color": colour("--wz-t-edge"),
        "target-arrow-color": colour("--wz-t-edge"), "target-arrow-shape": "triangle", "arrow-scale": 0.9,
        label: "data(label)", "font-size": 11, "font-family": FONT, color: colour("--wz-t-soft"),
        "text-rotation": "autorotate", "text-background-color": colour("--wz-t-paper"), "text-background-opacity": 0.9,
        "text-background-padding": 2,
      } },
      { selector: "edge[?slot]", style: { "line-style": "dashed" } },
      { selector: ".gone", style: { display: "none" } },
      { selector: ".faded", style: { opacity: 0.25 } },
      { selector: "node.hot", style: { "border-width": 3 } },
      { selector: "edge.hot", style: { width: 2.5, "line-color": colour("--color-accent"),
        "target-arrow-color": colour("--color-accent"), color: colour("--wz-t-ink") } },
    ];
    const elements = (data) => [
      ...data.nodes.map((node, id) => ({ data: {
        id: "n" + id, text: node.text, types: node.types, hue: node.hues[0] ?? 0, label: short(node.text),
        wide: wide(short(node.text)) + 22,
      } })),
      ...data.edges.map((edge, id) => ({ data: {
        id: "e" + id, source: "n" + edge.source, target: "n" + edge.target, label: edge.predicate, items: edge.items, slot: edge.slot,
      } })),
    ];
    // The layout runs to its end at once and is then left alone: nothing moves but what the visitor drags.
    let soon = 0;
    const arrangeSoon = () => { clearTimeout(soon); soon = setTimeout(arrange, 120); };
    const arrange = () => {
      const cy = drawn?.cy;
      if (!cy || !cy.container()?.clientWidth) return;
      const shown = cy.elements().not(".gone");
      const seen = shown.map((element) => element.id()).join(" ");
      if (seen === drawn.arranged || !shown.length) return;
      const first = drawn.arranged === undefined;
      drawn.arranged = seen;
      const area = Math.max(60000, shown.nodes().reduce((sum, node) => sum + (node.data("wide") + 60) * 90, 0));
      const high = Math.sqrt(area * cy.height() / cy.width()); // room for every node, in the shape of the frame
      const boundingBox = { x1: 0, y1: 0, w: area / high, h: high };
      if (first) cy.layout({ name: "circle", animate: false, fit: false, boundingBox }).run();
      shown.layout({
        name: "cose", randomize: false, animate: first || calm() ? false : "end", animationDuration: 250, boundingBox,
        fit: true, padding: 24, nodeRepulsion: () => 600000, idealEdgeLength: (edge) => 50 + wide(edge.data("label")),
        nodeOverlap: 24, gravity: 0.5, numIter: 1000, stop: () => settle(cy),
      }).run();
    };
    const settle = (cy) => {
      if (cy.destroyed()) return;
      if (cy.zoom() > 1.25) { cy.zoom(1.25); cy.center(cy.elements().not(".gone")); } // two nodes need not fill the frame
      if (drawn && drawn.cy === cy) drawn.card.dataset.settled = "";
    };
    const fit = (cy) => { cy.fit(cy.elements().not(".gone"), 24); settle(cy); };

    const draw = async (card) => {
      drawn?.cy?.destroy();
      const data = JSON.parse(card.dataset.graph);
      const mine = drawn = { card, data, cy: null };
      card.dataset.drawn = "";
      const input = card.querySelector(".wz-t-threshold input");
      if (input && chosen !== null) input.value = chosen;
      apply();
      const frame = card.querySelector(".wz-graph-canvas");
      if (!frame || !data.edges.length) return;
      const make = await cytoscape(card.dataset.script).catch(() => null);
      if (drawn !== mine || !card.isConnected) return;
      if (!make) { card.querySelector(".wz-graph-missing").hidden = false; return; }
      const cy = mine.cy = make({
        container: frame, elements: elements(data), style: looks(), minZoom: 0.15, maxZoom: 4, boxSelectionEnabled: false,
        userZoomingEnabled: false, userPanningEnabled: false, layout: { name: "null" },
      });
      watch(cy, card);
      new ResizeObserver(() => { if (!cy.destroyed()) { cy.resize(); mine.arranged === undefined ? arrange() : fit(cy); } }).observe(frame);
      apply();
      arrange();
    };

    // ---- pointing: a node, an edge or a row shows its places in the text, in the table and in the graph ------------
    const point = (triples, node) => {
      const these = new Set(triples);
      for (const row of all(".wz-t-table tbody tr"))
        row.classList.toggle("wz-t-hot", these.has(Number(row.dataset.item)));
      for (const piece of all(".wz-t-text [data-s], .wz-t-text [data-o]"))
        piece.classList.toggle("wz-t-hot", node === undefined
          ? [...numbers(piece, "s"), ...numbers(piece, "o")].some((number) => these.has(number))
          : numbers(piece, "n").includes(node));
      const hot = all(".wz-t-text .wz-t-hot")[0];
      if (hot) { // within its own frame: the page must not move away from under the pointer
        const frame = hot.closest(".wz-t-text"), [at, around] = [hot, frame].map((element) => element.getBoundingClientRect());
        frame.scrollBy({ top: at.top - around.top - frame.clientHeight / 2, behavior: calm() ? "auto" : "smooth" });
      }
      drawn?.cy?.batch(() => {
        const { cy } = drawn;
        cy.elements().removeClass("hot faded");
        if (!these.size) return;
        const edges = cy.edges().filter((edge) => edge.data("items").some((number) => these.has(number)));
        const centre = node === undefined ? edges.connectedNodes() : cy.$id("n" + node);
        centre.union(edges).addClass("hot");
        cy.elements().not(edges).not(edges.connectedNodes()).not(centre).addClass("faded");
      });
    };
    const watch = (cy, card) => {
      const tip = card.querySelector(".wz-graph-tip");
      const tell = (event, text) => {
        tip.textContent = text;
        tip.hidden = false;
        const at = event.renderedPosition || { x: 0, y: 0 };
        const room = cy.width() - tip.offsetWidth - 8;
        tip.style.left = Math.max(8, Math.min(at.x + 12, room)) + "px";
        tip.style.top = Math.max(8, Math.min(at.y + 14, cy.height() - tip.offsetHeight - 8)) + "px";
      };
      const name = (element) => element.isNode()
        ? [element.data("text"), element.data("types").join(" / ")].filter(Boolean).join("\n")
        : element.source().data("text") + " — " + element.data("label") + " → " + element.target().data("text") + "\n" +
          Math.max(...element.data("items").map((number) => drawn.data.scores[number])).toFixed(3);
      cy.on("mouseover", "node, edge", (event) => tell(event, name(event.target)));
      cy.on("mouseout drag pan zoom", () => { tip.hidden = true; });
      cy.on("tap", (event) => {
        if (event.target === cy) { tip.hidden = true; point([]); return; }
        tell(event, name(event.target));
        if (event.target.isEdge()) point(event.target.data("items"));
        else point(
          event.target.connectedEdges().not(".gone").map((edge) => edge.data("items")).flat(),
          Number(event.target.id().slice(1)),
        );
      });
    };

    // The wheel, and a finger, scroll the page until the graph has been clicked: nobody gets caught in it.
    const take = (on) => {
      const cy = drawn?.cy;
      if (!cy || cy.userZoomingEnabled() === on) return;
      cy.userZoomingEnabled(on);
      cy.userPanningEnabled(on);
      drawn.card.querySelector(".wz-graph").classList.toggle("wz-taken", on);
    };
    const press = (event) => {
      const inside = closest(event, ".wz-graph");
      if (!inside || !root.contains(inside)) take(false);
      else if (event.pointerType === "mouse") take(true);
    };

    const download = (name, kind, text) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: kind }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    };
    const doing = {
      in: (cy) => cy.zoom({ level: cy.zoom() * WHEEL, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } }),
      out: (cy) => cy.zoom({ level: cy.zoom() / WHEEL, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } }),
      fit,
    };
    root.addEventListener("click", (event) => {
      if (closest(event, ".wz-graph")) take(true);
      const tool = closest(event, ".wz-graph-tools [data-do]");
      if (tool && drawn?.cy) doing[tool.dataset.do](drawn.cy);
      const header = closest(event, ".wz-t-table th button");
      if (header) sort(header.parentElement);
      const row = closest(event, ".wz-t-table tbody tr");
      if (row) point([Number(row.dataset.item)]);
      if (!drawn) return;
      if (closest(event, "[data-save=csv]")) {
        const lines = all(".wz-t-table [data-csv]").filter((line) => !line.closest("tr").hidden && !line.hidden);
        const rows = lines.map((line) => line.dataset.csv);
        download("triples.csv", "text/csv", "\ufeff" + [drawn.card.dataset.csv, ...rows].join("\r\n") + "\r\n");
      }
      if (closest(event, "[data-save=json]")) {
        const result = JSON.parse(drawn.card.dataset.result);
        const found = result.triples.filter((_, number) => kept(number));
        for (const triple of found) triple.slots = triple.slots.filter((slot) => slot.probability >= threshold());
        const whole = { ...result, threshold: threshold(), triples: found };
        download("triples.json", "application/json", JSON.stringify(whole, null, 2) + "\n");
      }
    });
    root.addEventListener("keydown", (event) => {
      const row = closest(event, ".wz-t-table tbody tr");
      if (row && event.key === "Enter") point([Number(row.dataset.item)]);
      const cy = closest(event, ".wz-graph") && drawn?.cy;
      if (!cy || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
      const act = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
      if (step) cy.panBy({ x: step[0], y: step[1] });
      if (act) doing[act](cy);
      if (event.key === "Escape") { point([]); take(false); }
      if (step || act) event.preventDefault();
    });

    // ---- the table -------------------------------------------------------------------------------------------------
    const sort = (header) => {
      const down = header.getAttribute("aria-sort") === "ascending";
      const place = [...header.parentElement.children].indexOf(header);
      const value = (row) => row.children[place].dataset.value ?? row.children[place].textContent;
      const compare = (a, b) => header.dataset.kind === "number" ? value(a) - value(b) : value(a).localeCompare(value(b), "zh");
      for (const other of header.parentElement.children) other.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = header.closest("table").tBodies[0];
      body.append(...[...body.rows].sort((a, b) => down ? compare(b, a) : compare(a, b)));
    };

    const look = () => {
      const card = root.querySelector(".wz-t-card[data-graph]");
      if (!card) { leave(); return; }
      if (!("drawn" in card.dataset)) { draw(card); return; }
      const text = root.querySelector(".wz-t-text:not([data-drawn])"); // the text may arrive after the graph
      if (text) { text.dataset.drawn = ""; apply(); }
    };
    const leave = () => { drawn?.cy?.destroy(); drawn = null; };
    const repaint = () => { if (drawn?.cy) drawn.cy.style(looks()); };
    return { look, leave, repaint, press };
  };

  // ---- when something new stands in the page ---------------------------------------------------------------------
  const scenes = new Map();
  let pending = false;
  const look = () => {
    pending = false;
    for (const root of document.querySelectorAll(".wz-triples-panes"))
      if (!scenes.has(root)) scenes.set(root, scene(root));
    for (const [root, one] of scenes) {
      if (root.isConnected) { one.look(); continue; }
      one.leave();
      scenes.delete(root);
    }
  };
  new MutationObserver(() => { if (!pending) { pending = true; requestAnimationFrame(look); } })
    .observe(document.body, { childList: true, subtree: true });
  document.addEventListener("pointerdown", (event) => scenes.forEach((one) => one.press(event)), true);
  new MutationObserver(() => scenes.forEach((one) => one.repaint()))
    .observe(document.body, { attributes: true, attributeFilter: ["class"] });
}
