// What pages gain where scripts run (UX section 1, rule 1), and nothing more: focus on the error summary, a count of
// characters, the next list of places without a reload, and the progress of an upload. Nothing is stored anywhere.
"use strict";

function begin(page) {
  const summary = page.querySelector(".summary");
  if (summary) summary.focus();
  page.querySelectorAll("textarea[data-left]").forEach(count);
  page.querySelectorAll("fieldset.places").forEach(follow);
  const form = page.querySelector("form");
  if (form && form.enctype === "multipart/form-data") form.addEventListener("submit", upload);
}

// How many characters may still be written. Characters, as the service counts them: 𠮷 is one.
function count(text) {
  const most = text.maxLength;
  text.removeAttribute("maxlength");
  const line = document.createElement("p");
  line.className = "aside";
  text.after(line);
  const say = () => {
    const left = most - Array.from(text.value).length;
    line.textContent = text.dataset[left < 0 ? "over" : "left"].replaceAll("{n}", Math.abs(left));
    if (left < 0) line.setAttribute("role", "status");
    else line.removeAttribute("role");
  };
  text.addEventListener("input", say);
  say();
}

// The next list of places, under the one that was chosen.
function follow(places) {
  const button = places.querySelector("button");
  if (button) button.hidden = true;
  places.addEventListener("change", async (event) => {
    const select = event.target;
    const lists = Array.from(places.querySelectorAll("select"));
    const place = lists.indexOf(select);
    for (const lower of lists.slice(place + 1)) {
      places.querySelector(`label[for="${lower.id}"]`).remove();
      lower.remove();
    }
    const words = places.dataset["level" + (place + 2)];
    if (!select.value || !words) return;
    let rows = [];
    try {
      const body = new URLSearchParams({ code: select.value });
      rows = await (await fetch("/places", { method: "POST", body })).json();
    } catch {
      if (button) button.hidden = false;
      return;
    }
    if (!rows.length || select !== Array.from(places.querySelectorAll("select")).at(-1)) return;
    const next = document.createElement("select");
    next.name = `${places.dataset.name}.${place + 2}`;
    next.id = `${lists[0].id}-${place + 2}`;
    next.append(new Option(lists[0].options[0].text, ""));
    for (const [code, name] of rows) next.append(new Option(name, code));
    const label = document.createElement("label");
    label.htmlFor = next.id;
    label.textContent = words;
    select.after(label, next);
  });
}

// Files first, with their progress; then the form as ever, so that the page and its history are what they would be.
function upload(event) {
  const form = event.target;
  const input = form.querySelector("input[type='file']");
  if (!input || !input.files.length) return;
  event.preventDefault();
  const button = event.submitter;
  const shown = showProgress(form, input);
  const request = new XMLHttpRequest();
  const body = new FormData(form);
  body.append("do", "add");
  request.upload.addEventListener("progress", (sent) => shown.set(sent.loaded, sent.total));
  request.addEventListener("error", () => shown.end(form.dataset.cut));
  request.addEventListener("load", () => {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const state = page.querySelector("input[name='state']");
    if (!state) return shown.end(form.dataset.cut);
    if (request.status === 200) {
      form.querySelector("input[name='state']").value = state.value;
      input.value = "";
      form.removeEventListener("submit", upload);
      return form.requestSubmit(button);
    }
    document.title = page.title;
    document.querySelector("main").replaceWith(page.querySelector("main"));
    begin(document);
  });
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  request.send(body);
}

function showProgress(form, input) {
  const box = document.createElement("div");
  box.className = "upload";
  box.setAttribute("role", "status");
  const words = document.createElement("p");
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", form.dataset.uploading);
  words.textContent = form.dataset.uploading;
  box.append(words, bar);
  for (const old of form.querySelectorAll(".upload")) old.remove();
  input.after(box);
  return {
    set(sent, total) {
      bar.max = total;
      bar.value = sent;
      words.textContent = `${form.dataset.uploading} ${Math.floor((100 * sent) / total)} %`;
    },
    end(text) {
      bar.remove();
      words.textContent = text;
    },
  };
}

begin(document);
