() => {
  // The foot of the page: snippets with this page's address; files that are too large are told before they are sent.
  const snippets = {
    iframe: (address) =>
      `<iframe src="${address}" title="玩转 Wanzhuan" style="width: 100%; height: 900px; border: 0" ` +
      `allow="clipboard-write"></iframe>`,
    element: (address) =>
      `<script type="module" src="${address}gradio.js"><\/script>\n<gradio-app src="${address}"></gradio-app>`,
  };
  document.addEventListener("click", (event) => {
    const embed = event.target instanceof Element && event.target.closest(".wz-embed");
    if (!embed) return;
    const address = location.origin + location.pathname.replace(/[^/]*$/, "");
    for (const part of embed.querySelectorAll(".wz-snippet")) {
      const text = snippets[part.dataset.kind](address);
      part.querySelector("code").textContent = text;
      part.querySelector(".wz-copy").dataset.copy = text;
    }
  }, true);

  let hiding;
  document.addEventListener("change", (event) => {
    const told = document.querySelector(".wz-too-large");
    const input = event.target;
    if (!told || !(input instanceof HTMLInputElement) || input.type !== "file") return;
    if (!input.closest(".gradio-container")) return; // of a page that this one stands in
    if (![...input.files].some((file) => file.size > Number(told.dataset.bytes))) return;
    event.stopImmediatePropagation(); // Gradio would say so too, in English
    input.value = "";
    told.hidden = false;
    clearTimeout(hiding);
    hiding = setTimeout(() => { told.hidden = true; }, 8000);
  }, true);
}
