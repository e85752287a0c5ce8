// What is asked of every page of the console (UX sections 5 and 7).

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { axe } from "./checks.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// Everything wrong with the page as it stands, at both widths.
export async function consoleFaults(person, { shot }) {
  const { page } = person;
  const found = [];
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    if (shot) await page.screenshot({ path: `${shot}-${width}.png`, fullPage: true });
    await person.runScripts(true);
    await page.evaluate(AXE);
    const says = (fault) => found.push(`${width} px: ${fault}`);
    for (const fault of await axe(page)) says(fault);
    for (const fault of await page.evaluate(layout, width)) says(fault);
    // What is folded is read, too.
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    for (const fault of await axe(page)) says(`unfolded: ${fault}`);
    for (const fault of await page.evaluate(layout, width)) says(`unfolded: ${fault}`);
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = false)));
    await person.runScripts(person.scripts);
  }
  found.push(...(await person.ask(stored)));
  const cookies = (await person.context.cookies()).filter((cookie) => !cookie.httpOnly || !cookie.secure || !cookie.name.startsWith("__Host-"));
  for (const { name } of cookies) found.push(`a cookie: ${name}`);
  return [...new Set(found)];
}

// No sideways scrolling, text large enough, targets that are hit.
function layout(width) {
  const found = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > width) found.push(`it scrolls sideways: ${root.scrollWidth}`);
  const body = getComputedStyle(document.body);
  if (parseFloat(body.fontSize) < 18) found.push(`text of ${body.fontSize}`);
  if (parseFloat(body.lineHeight) < 1.5 * parseFloat(body.fontSize)) found.push(`lines of ${body.lineHeight}`);
  const shown = (element) => element.getClientRects().length && !element.matches(".skip, [aria-hidden] *");
  const least = (selector, height) => {
    for (const element of document.querySelectorAll(selector)) {
      const box = element.getBoundingClientRect();
      if (shown(element) && box.height + 0.5 < height) found.push(`${box.height} px high: ${element.outerHTML.slice(0, 120)}`);
    }
  };
  least("button, summary, select, textarea, input:not([type=hidden], [type=checkbox], [type=radio])", 44);
  least("a", 24);
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  return found;
}

async function stored() {
  const found = [];
  if (document.cookie) found.push("a script can read a cookie");
  if (localStorage.length || sessionStorage.length) found.push("something is stored");
  if ((await indexedDB.databases()).length) found.push("there is a database");
  return found;
}
