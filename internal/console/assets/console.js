// The keys of the console (/help/keys). Each presses what the page marks with `data-key`: a page without this script does the
// same with its links and buttons. Besides, the buttons of the inbox say how many cases are chosen. Nothing is stored, nothing is
// asked of anybody.
"use strict";

{
  const PLACES = { "g i": "/q", "?": "/help/keys" };
  const TYPED_IN = "input:not([type=checkbox]), textarea, select, [contenteditable]";
  let begun = "";

  // What can be seen and pressed; what is folded counts, it is unfolded first.
  const marked = (key) => [...document.querySelectorAll(`[data-key~="${CSS.escape(key)}"]`)];
  const rows = () => [...document.querySelectorAll("[data-row]")];

  const unfold = (element) => {
    for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  };

  const press = (element) => {
    unfold(element);
    if (element instanceof HTMLDetailsElement) {
      element.open = true;
      element.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
    } else if (element.matches("a, button")) {
      element.click();
    } else {
      element.focus();
      element.scrollIntoView({ block: "center" });
    }
  };

  // To the row after or before the one that has the focus.
  const move = (by) => {
    const all = rows();
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const row = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
    row?.querySelector("th a")?.focus();
    row?.scrollIntoView({ block: "nearest" });
  };

  const act = (key) => {
    if (key === "j" || key === "k") {
      if (rows().length) return move(key === "j" ? 1 : -1);
    }
    if (key === "x") return document.activeElement?.closest("[data-row]")?.querySelector("input[type=checkbox]")?.click();
    if (PLACES[key]) return location.assign(PLACES[key]);
    const [first] = marked(key);
    if (first) press(first);
  };

  // How many are chosen, in the buttons that do something with them.
  const count = () => {
    const chosen = document.querySelectorAll('#many [data-row] input[type="checkbox"]:checked').length;
    for (const place of document.querySelectorAll("[data-count]")) place.textContent = chosen ? ` ${chosen} 条` : "";
  };
  document.addEventListener("change", count);
  window.addEventListener("pageshow", count);

  document.addEventListener("keydown", (event) => {
    const composing = event.isComposing || event.keyCode === 229;
    const modified = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key !== "?");
    if (event.defaultPrevented || composing || modified || event.target.closest?.(TYPED_IN)) {
      begun = "";
      return;
    }
    const key = begun ? `${begun} ${event.key}` : event.key;
    begun = event.key === "g" && !begun ? "g" : "";
    if (begun) return;
    const known = key === "g i" || ("jkxmrvsn/u?".includes(key) && key.length === 1);
    if (!known || (event.repeat && key !== "j" && key !== "k")) return;
    event.preventDefault();
    act(key);
  });
}
