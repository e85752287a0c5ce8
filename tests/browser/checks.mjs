// What is asked of every page in every state (UX sections 1 and 7).

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
export const WIDTHS = [320, 360, 1280];

// Everything wrong with the page as it stands, at every width.
export async function faults(tab, origin, { error, shot }) {
  const found = [];
  await tab.run_scripts(true);
  await tab.page.evaluate(AXE);
  for (const width of WIDTHS) {
    await tab.page.setViewportSize({ width, height: 800 });
    const says = (fault) => found.push(`${width} px: ${fault}`);
    for (const fault of await axe(tab.page)) says(fault);
    for (const fault of await tab.page.evaluate(layout, width)) says(fault);
    if (shot && width !== 320) await tab.page.screenshot({ path: `${shot}-${width}.png`, fullPage: true });
  }
  await tab.page.setViewportSize({ width: 320, height: 800 });
  if (await tab.page.evaluate(overflowsAtTwiceTheText)) found.push("320 px and 200 % text: it scrolls sideways");
  found.push(...(await tab.page.evaluate(weight)));
  found.push(...(await tab.page.evaluate(stored)));
  found.push(...(await tab.page.evaluate(errorState, error)));
  if ((await tab.page.context().cookies()).length) found.push("there is a cookie");
  for (const url of tab.requests.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith("data:"))) {
    found.push(`it asks ${url}`);
  }
  found.push(...tab.complaints.splice(0).map((complaint) => `the browser says: ${complaint}`));
  await tab.run_scripts(tab.scripts);
  return found;
}

// What axe finds.
export async function axe(page) {
  const { violations } = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), TAGS);
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).slice(0, 3).join(" | ")}`);
}

// No sideways scrolling, large text, targets that a thumb finds.
function layout(width) {
  const found = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > width) found.push(`it scrolls sideways: ${root.scrollWidth}`);
  const body = getComputedStyle(document.body);
  if (parseFloat(body.fontSize) < 20) found.push(`text of ${body.fontSize}`);
  if (parseFloat(body.lineHeight) < 1.5 * parseFloat(body.fontSize)) found.push(`lines of ${body.lineHeight}`);
  const shown = (element) => element.getClientRects().length && !element.matches("[aria-hidden] *, [aria-hidden], .skip");
  const least = (selector, height) => {
    for (const element of document.querySelectorAll(selector)) {
      const box = element.getBoundingClientRect();
      if (shown(element) && box.height + 0.5 < height) found.push(`${box.height} px high: ${element.outerHTML.slice(0, 120)}`);
    }
  };
  least("button, a.button, a.leave, a.switch, summary, select, textarea, input[type=text], input[type=file], label.tick", 48);
  least("li > a", 44);
  least("a, input", 24);
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  return found;
}

// The operator's text size set to twice: through the style sheet's own unit, so no policy is in the way.
function overflowsAtTwiceTheText() {
  const root = document.documentElement;
  root.style.fontSize = `${2 * parseFloat(getComputedStyle(root).fontSize)}px`;
  const overflows = document.scrollingElement.scrollWidth > window.innerWidth;
  root.style.fontSize = "";
  return overflows;
}

// On the wire, as the browser counted it.
function weight() {
  const size = (entry) => entry.transferSize || entry.encodedBodySize;
  const [page] = performance.getEntriesByType("navigation");
  const files = performance.getEntriesByType("resource").filter((entry) => !entry.name.startsWith("data:"));
  const found = [];
  if (size(page) > 30 * 1024) found.push(`the page has ${size(page)} bytes`);
  const all = size(page) + files.reduce((sum, entry) => sum + size(entry), 0);
  if (location.pathname === "/" && all > 15 * 1024) found.push(`the first page has ${all} bytes with its files`);
  if (files.length > 3) found.push(`${files.length + 1} requests`);
  return found;
}

async function stored() {
  const found = [];
  if (document.cookie) found.push("there is a cookie");
  if (localStorage.length || sessionStorage.length) found.push("something is stored");
  if ((await indexedDB.databases()).length) found.push("there is a database");
  return found;
}

// A page with something to mend says so in its title and above its form, and the reader stands there.
function errorState(error) {
  const marked = document.title.startsWith("出错：");
  if (marked !== Boolean(error)) return [`title: ${document.title}`];
  if (error !== "fields") return [];
  const summary = document.querySelector(".summary");
  const found = [];
  if (document.activeElement !== summary) found.push(`focus is on ${document.activeElement?.outerHTML.slice(0, 80)}`);
  for (const link of summary.querySelectorAll("a")) {
    const target = document.querySelector(link.hash);
    if (!target || (link.hash !== "#main" && !target.getClientRects().length)) found.push(`${link.hash} leads nowhere`);
  }
  for (const beside of document.querySelectorAll("main form .error")) {
    const words = beside.textContent.trim();
    if (!summary.textContent.includes(words)) found.push(`not said above: ${words}`);
  }
  return found;
}
