() => {
  // Start or stop turning the rope of a picture in space.  The picture is asked for anew at each step, for a slider may
  // have put another in its place; a picture that is no longer shown stops by itself.
  const turning = {};
  window.wanzhuan.spin = (name) => {
    if (turning[name]) {
      turning[name] = null;
      return;
    }
    const run = (turning[name] = {});
    let angle = Math.PI / 2, before = performance.now();
    const step = async (now) => {
      if (turning[name] !== run) return;
      const drawn = document.querySelector(`#wz-plot-${name} .js-plotly-plot`);
      const turn = drawn?.layout?.meta?.turn;
      if (!turn || !drawn.offsetParent) {
        turning[name] = null;
        return;
      }
      if (now - before >= 33) {
        angle += (2 * Math.PI * turn.rate * Math.min(now - before, 200)) / 1000;
        before = now;
        const one = turn.r.map((r) => r * Math.cos(angle)), two = turn.r.map((r) => r * Math.sin(angle));
        await Plotly.restyle(drawn, turn.level ? { y: [two], z: [one] } : { x: [one], y: [two] }, [turn.index]);
        drawn.dataset.angle = angle.toFixed(3);
      }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  };

  // Have a panel drawn, by the button that nobody sees; while the tab is being opened, the button is on its way.
  window.wanzhuan.hang = (panel, tries = 600) => {
    const button = document.querySelector(`#wz-curves-draw-${panel}`);
    if (button) button.click();
    else if (tries) setTimeout(window.wanzhuan.hang, 100, panel, tries - 1);
  };

  // Gradio takes a click on a picture that is still loading for one beside it, and forgets it: it is made again, at the
  // same place, as soon as the picture is there.
  document.addEventListener("click", (event) => {
    const picture = event.target instanceof Element && event.target.closest(".wz-curves-photo")?.querySelector("img");
    if (!picture || picture.naturalWidth || !event.isTrusted) return;
    event.stopPropagation();
    const { target, clientX, clientY } = event;
    const again = () => target.dispatchEvent(new MouseEvent("click", { bubbles: true, clientX, clientY }));
    picture.addEventListener("load", again, { once: true });
  }, true);
}
