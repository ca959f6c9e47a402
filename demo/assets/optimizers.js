() => {
  // The map of the tab 优化器: a click (or a tap) on it starts there; a slider and a button let the paths grow.
  const NAME = "surface", TOLERANCE = 6; // pixels that a finger may move in a tap
  const picture = () => document.querySelector(`#wz-plot-${NAME} .js-plotly-plot`);
  const whole = new WeakMap(); // what `meta` says of a figure → its paths before any was cut
  let playing = null, place = [0, 0], pressed = null;

  const paths = (drawn) => {
    const walk = drawn?.layout?.meta?.walk;
    if (!walk) return null;
    if (!whole.has(walk))
      whole.set(walk, walk.lines.map((line) => { // `data` has them packed, `_fullData` as arrays
        const { x, y } = drawn._fullData[line];
        return { x: Array.from(x), y: Array.from(y) };
      }));
    return { walk, full: whole.get(walk) };
  };

  // Show the paths up to a share of the steps, 0 to 1.
  const show = (share) => {
    const drawn = picture(), found = paths(drawn);
    if (!found) return;
    const { walk, full } = found, step = Math.round(share * walk.steps);
    const cut = full.map((path) => {
      const points = share >= 1 ? path.x.length : Math.min(path.x.length, Math.floor(step / walk.stride) + 1);
      return { x: path.x.slice(0, points), y: path.y.slice(0, points) };
    });
    Plotly.restyle(drawn, { x: [...cut.map((path) => path.x), cut.map((path) => path.x.at(-1))],
      y: [...cut.map((path) => path.y), cut.map((path) => path.y.at(-1))] }, [...walk.lines, walk.heads]);
    drawn.dataset.step = step;
    const told = document.querySelector(`.wz-readout[data-for="${NAME}"]`);
    if (told) told.textContent = `${walk.step} ${step} / ${walk.steps}`;
  };

  // Let them grow once, in about five seconds; answers where the slider then stands.
  const play = async () => {
    const run = (playing = {}), began = performance.now();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (let done = calm ? 1 : 0; done < 1 && playing === run; done = (performance.now() - began) / 5000) {
      if (!picture()?.offsetParent) break; // another tab is shown
      show(done * done); // slowly at first: that is where most happens
      await new Promise(requestAnimationFrame);
    }
    if (playing !== run) return { __type__: "update" }; // the slider is where the visitor has moved it
    show(1);
    return 100;
  };

  const at = (event) => {
    const drawn = picture();
    if (!drawn || !(event.target instanceof Element) || !drawn.contains(event.target)) return null;
    const { xaxis, yaxis } = drawn._fullLayout, box = drawn.getBoundingClientRect();
    const across = event.clientX - box.left - xaxis._offset, down = event.clientY - box.top - yaxis._offset;
    if (across < 0 || down < 0 || across > xaxis._length || down > yaxis._length) return null;
    const inside = (axis, value) => Math.min(Math.max(value, axis.range[0]), axis.range[1]);
    return [inside(xaxis, xaxis.p2d(across)), inside(yaxis, yaxis.p2d(down))].map((value) => Number(value.toPrecision(4)));
  };
  document.addEventListener("pointerdown", (event) => {
    pressed = event.isPrimary && event.button === 0 && at(event) ? [event.clientX, event.clientY] : null;
  }, true);
  document.addEventListener("pointercancel", () => { pressed = null; }, true); // the finger scrolls
  document.addEventListener("pointerup", (event) => {
    if (!pressed || Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > TOLERANCE) return;
    pressed = null;
    const drawn = picture(), box = drawn?.getBoundingClientRect();
    const under = box && { clientX: event.clientX, clientY: event.clientY, target: drawn }; // plotly.js covers the page
    const found = under && at(under);
    if (!found) return;
    place = found;
    document.querySelector("#wz-optimizers-pick")?.click();
  }, true);

  // Have all drawn anew, once for however many fields have changed.
  let waiting = 0;
  window.wanzhuan.draw = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => document.querySelector("#wz-optimizers-draw")?.click(), 80);
  };

  // Show the fields that the chosen surface and methods have, and one empty slot; the style sheet looks at `data-has`.
  window.wanzhuan.chosen = (has, [surface, ...methods]) => {
    const over = document.querySelector(".wz-optimizers-ground");
    if (over) over.dataset.has = (has[surface] || []).join(" ");
    const last = methods.findLastIndex((method) => has[method]);
    document.querySelectorAll(".wz-optimizers-slot").forEach((slot, i) => {
      slot.dataset.has = (has[methods[i]] || []).join(" ");
      slot.hidden = i > last + 1;
    });
  };

  const moved = (share) => { // who moves the slider ends what plays
    playing = null;
    show(share);
  };
  window.wanzhuan.walk = { show: moved, play, picked: () => place };
}
