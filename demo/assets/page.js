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
  // Gradio's translator knows zh-CN and zh-TW but not zh, zh-HK or zh-SG, and offers no call to switch: its module,
  // already loaded, does.  Where it cannot be found, labels follow the browser as Gradio has them.
  const translate = async (language) => {
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
    for (const url of loaded.filter((name) => /\/assets\/core-[\w-]+\.js$/.test(name))) {
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
      speak(language);
    }
    if (closest(event, "#wz-write, #wz-examples button") && window.innerWidth < 760)
      document.querySelector("#wz-result")?.scrollIntoView({ behavior: "smooth" }); // on a phone it is far below
    const button = closest(event, ".wz-copy");
    if (button) copy(button.dataset.copy).then(() => {
      button.classList.add("wz-copied");
      setTimeout(() => button.classList.remove("wz-copied"), 1500);
    });
  });

  const point = (event) => {
    const title = closest(event, ".wz-title[tabindex]");
    const article = document.querySelector(".wz-article");
    if (!title || !article || article.dataset.shown === title.dataset.title) return;
    article.dataset.shown = title.dataset.title;
    document.querySelectorAll(".wz-title").forEach((other) => other.classList.toggle("wz-pointed", other === title));
  };
  for (const kind of ["mouseover", "focusin", "click"]) document.addEventListener(kind, point);

  window.wanzhuan = {
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
  };

  // A file dropped on the article goes the way of the upload button.
  const input = () => document.querySelector("#wz-upload")?.parentElement.querySelector("input[type=file]");
  const offer = () => input() && input().setAttribute("accept", ".txt,.md,.docx"); // a hint; the server decides
  for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, offer);
  document.addEventListener("dragover", (event) => { if (closest(event, "#wz-article")) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!closest(event, "#wz-article") || !event.dataTransfer.files.length || !input()) return;
    event.preventDefault();
    const chosen = new DataTransfer();
    chosen.items.add(event.dataTransfer.files[0]);
    input().files = chosen.files;
    input().dispatchEvent(new Event("change", { bubbles: true }));
  });
}
