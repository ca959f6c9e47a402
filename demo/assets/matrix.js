() => {
  // The grid of the tab of matrices: what is edited in it is the text at once, and what the server has laid out for it
  // (`laid` of demo/matrix_text.py) takes the place of no newer matrix.
  const NOTHING = { __type__: "update" };
  const written = ({ data }) => data.map((row) => row.map((cell) => String(cell ?? "").trim()).join(", ")).join("\n");
  const lay = (told, text, cells) => {
    const { text: of, ...laid } = told ? JSON.parse(told) : {};
    if (of !== text || written(laid) === written(cells)) return NOTHING; // a cell may be open
    return { ...laid, metadata: null };
  };
  // Digits, closed form and times (`of` of demo/matrix_render.py says of which matrix) are seen beside that one alone.
  const of = (told) => told?.match(/^<div data-of="(\w+)">/)?.[1];
  const hide = (sides, told, ...ids) => {
    for (const id of ids) document.getElementById(id)?.classList.toggle("wz-of-another", Boolean(of(told)) && of(told) !== of(sides));
  };
  const stands = (sides, verified, cost) => {
    hide(sides, verified, "wz-verified", "wz-closed");
    hide(sides, cost, "wz-cost", "wz-plot-cost");
  };
  // Asked of a matrix that had been written and not been given yet, or of one that is gone: what is written now is drawn,
  // and `stands` is asked then.
  const told = (draw, place, ...all) => {
    if (of(all[place]) && of(all[place]) !== of(all[0])) document.getElementById(draw).click();
    else stands(...all);
  };
  window.wanzhuan.matrix = { written, lay, stands, told };
}
