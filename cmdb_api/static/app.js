// What pages do by themselves; each works without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  // The theme, before anything is painted.
  const paint = () => {
    if (root.dataset.theme === "auto") root.dataset.bsTheme = dark.matches ? "dark" : "light";
  };
  paint();
  dark.addEventListener("change", paint);

  // The zone of the browser, for the times on the next page; one that was chosen stays.
  const cookie = (name) => document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !cookie("cmdb_zone")) {
    document.cookie = `cmdb_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  }

  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];

  const begin = (inside) => {
    // What needs this file is hidden where it does not run.
    all("[data-copy], [data-pick-all]", inside).forEach((each) => { each.hidden = false; });
    all("[data-no-script]", inside).forEach((each) => { each.hidden = true; });
    count();
  };

  // How many rows are chosen, and whether what is done to them can be.
  const count = () => {
    all("[data-picked]").forEach((bar) => {
      const chosen = all(`tbody input[form="${bar.dataset.picked}"]:checked`).length;
      bar.classList.toggle("some", chosen > 0);
      all("[data-picked-count]", bar).forEach((each) => { each.textContent = chosen; });
      all("button", bar).forEach((button) => { button.disabled = chosen === 0; });
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    begin(document);
    const wrong = document.querySelector(".is-invalid");
    if (wrong) wrong.focus();
  });
  document.addEventListener("htmx:afterSwap", (event) => begin(event.target));

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const find = document.querySelector('[data-hotkey="/"]');
      if (find) { event.preventDefault(); find.focus(); find.select(); }
    }
    if (event.key === "Escape") {
      const open = event.target.closest("details.menu[open]") || document.querySelector("details.menu[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
    }
  });

  document.addEventListener("click", (event) => {
    // One menu at a time; a click beside it closes it.
    all("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = copy.closest(".copyable").querySelector("code").textContent;
      navigator.clipboard?.writeText(text).then(() => {
        copy.classList.add("copied");
        copy.lastChild.textContent = ` ${copy.dataset.copied}`;
      });
    }
    const asked = event.target.closest("[data-confirm]");
    if (asked && !window.confirm(asked.dataset.confirm)) event.preventDefault();
  });

  document.addEventListener("change", (event) => {
    const every = event.target.closest("[data-pick-all]");
    if (every) {
      all(`tbody input[form="${every.dataset.pickAll}"]`).forEach((each) => { each.checked = every.checked; });
    }
    count();
    // A filter that is a choice is asked for at once.
    const form = event.target.closest("form[data-auto-submit]");
    if (form && event.target.matches("select")) form.requestSubmit();
  });

  // Fields left empty make no long addresses.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "get") return;
    all("input, select", form).forEach((each) => {
      if (each.name && each.value === "" && !each.disabled) {
        each.disabled = true;
        setTimeout(() => { each.disabled = false; });
      }
    });
  });

  // A form that was changed is not left without a question.
  let changed = false;
  document.addEventListener("input", (event) => {
    if (event.target.closest('form[method="post"]:not([data-free])')) changed = true;
  });
  document.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
})();
