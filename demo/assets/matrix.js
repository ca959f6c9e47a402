() => {
  // The grid of the tab of matrices: what is edited in it is the text at once, and what the server has laid out for it
  // (`_laid` of demo/matrix.py) takes the place of no newer matrix.
  const NOTHING = { __type__: "update" };
  const written = ({ data }) => data.map((row) => row.map((cell) => String(cell ?? "").trim()).join(", ")).join("\n");
  const lay = (told, text, cells) => {
    const { text: of, ...laid } = told ? JSON.parse(told) : {};
    if (of !== text || written(laid) === written(cells)) return NOTHING; // a cell may be open
    return { ...laid, metadata: null };
  };
  window.wanzhuan.matrix = { written, lay };
}
