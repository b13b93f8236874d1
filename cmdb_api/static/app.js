// What pages do by themselves; each works without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)"), paper = matchMedia("print");
  const chosen = root.dataset.bsTheme;

  // The theme, before anything is painted; on paper the light one.
  const paint = () => {
    const theme = root.dataset.theme === "auto" && (dark.matches ? "dark" : "light");
    if (paper.matches || theme || chosen) root.dataset.bsTheme = paper.matches ? "light" : theme || chosen;
  };
  paint();
  [dark, paper].forEach((media) => media.addEventListener("change", paint));

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
      const chosen = all(`input[type="checkbox"][form="${bar.dataset.picked}"]:checked`).length;
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
      const code = copy.closest(".copyable").querySelector("code");
      const done = () => {
        copy.classList.add("copied");
        copy.lastChild.textContent = ` ${copy.dataset.copied}`;
      };
      // Without TLS browsers have no clipboard but that of what is selected.
      if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done);
      else {
        window.getSelection().selectAllChildren(code);
        if (document.execCommand("copy")) done();
      }
    }
    const asked = event.target.closest("[data-confirm]");
    if (asked && !window.confirm(asked.dataset.confirm)) event.preventDefault();
  });

  document.addEventListener("change", (event) => {
    const every = event.target.closest("[data-pick-all]");
    if (every) {
      all(`input[type="checkbox"][form="${every.dataset.pickAll}"]`).forEach((each) => { each.checked = every.checked; });
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

  // What takes long says how far it is, while its answer is waited for.
  document.addEventListener("submit", (event) => {
    const box = document.getElementById(event.target.dataset.progress);
    if (!box || event.defaultPrevented) return;
    box.hidden = false;
    const ask = async () => {
      const told = await fetch(box.dataset.url).then((answer) => answer.json()).catch(() => ({}));
      if (told.text) box.querySelector("span").textContent = told.text;
      if (told.count) Object.assign(box.querySelector("progress"), { max: told.count, value: told.done });
      setTimeout(ask, 2000);
    };
    if (box.dataset.url) setTimeout(ask, 1000);
  });

  // A search being written: what may come next, by arrows, Enter and Escape.
  const offer = (box) => {
    const input = box.querySelector("input"), list = box.querySelector("ul");
    let told = null, at = -1, asked = 0, waiting;
    Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })
      .forEach(([name, value]) => input.setAttribute(name, value));
    const close = () => {
      asked += 1; at = -1; list.hidden = true;
      input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant");
    };
    const choose = (number) => {
      at = (number + list.children.length) % list.children.length;
      [...list.children].forEach((each, n) => each.setAttribute("aria-selected", n === at));
      list.children[at].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", list.children[at].id);
    };
    const take = (number) => {
      const { insert } = told.items[number], end = told.start + insert.length;
      // A quote that was opened is part of what is written.
      const from = insert[0] === '"' && input.value[told.start - 1] === '"' ? told.start - 1 : told.start;
      input.value = input.value.slice(0, from) + insert + input.value.slice(told.end);
      input.setSelectionRange(end + from - told.start, end + from - told.start);
      close();
      if (insert.endsWith(":")) ask();
    };
    const ask = async () => {
      const mine = asked += 1, place = new URLSearchParams({ query: input.value, position: input.selectionStart });
      const answer = await fetch(`${box.dataset.complete}?${place}`).then((each) => each.json()).catch(() => ({ items: [] }));
      if (mine !== asked || document.activeElement !== input) return;
      told = answer; at = -1;
      list.replaceChildren(...told.items.map((item, number) => {
        const row = document.createElement("li"), word = document.createElement("bdi"), more = document.createElement("small");
        Object.assign(row, { id: `${list.id}-${number}`, role: "option" });
        word.textContent = item.value; more.textContent = item.asset_count ?? item.description ?? "";
        row.append(word, more);
        row.addEventListener("mousedown", (event) => { event.preventDefault(); take(number); });
        return row;
      }));
      list.hidden = !told.items.length;
      input.setAttribute("aria-expanded", String(!list.hidden)); input.removeAttribute("aria-activedescendant");
    };
    input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 120); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (list.hidden) { if (event.key === "ArrowDown") ask(); return; }
      if (step) { event.preventDefault(); choose(at < 0 && step < 0 ? -1 : at + step); }
      if (event.key === "Escape") { event.preventDefault(); close(); }
      if (event.key === "Enter" && at >= 0) { event.preventDefault(); take(at); }
    });
  };
  document.addEventListener("DOMContentLoaded", () => {
    // The tab one is on, in sight where the row is wider than the window.
    all(".tab-row [aria-current]").forEach((tab) => { tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 32; });
    all("[data-complete]").forEach(offer);
    all("[data-script]").forEach((each) => { each.hidden = false; });
  });
  // A menu of a column at the edge of the window, moved into sight.
  document.addEventListener("toggle", ({ target }) => {
    if (!target.matches(".narrow-menu[open]")) return;
    const list = target.lastElementChild, over = list.getBoundingClientRect().right - document.documentElement.clientWidth + 8;
    if (over > 0) list.style.marginLeft = `-${over}px`;
  }, true);
  // The head of a column, with Shift: what is alike is ordered by it.
  document.addEventListener("click", (event) => {
    const link = event.shiftKey && event.target.closest("a[data-then]");
    if (!link) return;
    event.preventDefault();
    location.assign(link.dataset.then);
  });
  // A long list of boxes, narrowed to those that have a text.
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-narrow]")) return;
    const text = event.target.value.toLowerCase();
    all("details", document.querySelector(event.target.dataset.narrow)).forEach((group) => {
      const rows = all("label", group);
      rows.forEach((row) => { row.hidden = !`${row.textContent} ${row.title}`.toLowerCase().includes(text); });
      group.hidden = rows.every((row) => row.hidden);
      if (text) group.open = true;
    });
  });
})();
