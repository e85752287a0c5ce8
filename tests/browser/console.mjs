// The console in headless Chromium: every page that its router has, as whoever may open it, at two widths, with scripts and
// without; then what an office does there, by keyboard.
//
//   node console.mjs PROGRAMS SCRATCH SCREENSHOTS REPOSITORY
//
// Prints one line a check and one of counts; ends with 0 only if nothing failed. One demo site and one browser, both its own.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { columns, keys, caseWithPictures, mergeAndUndo, neighbour, oneLook, several, twoAtOnce, walkByKeys } from "./casework.mjs";
import { consoleFaults } from "./console-checks.mjs";
import { Office } from "./office.mjs";
import { Tally } from "./tally.mjs";

const [programs, scratch, screenshots, root] = process.argv.slice(2);
// Addresses that are no page, each with what tests it.
const NO_PAGES = new Set([
  "/", // leads on to the first page of a role
  "/logout", // ends a session
  "/assets/console.css", // every page
  "/assets/console.js", // every page
  "/q/next", // leads on to a case
  "/stats/csv", // a table to be saved
  "/c/{case}/act", // the walks
  "/c/{case}/files/{item}/original", // internal/tests, media
  "/c/{case}/files/{item}/{part}", // the page of a case shows it
  "/accounts/{name}", // internal/tests, accounts
]);

const tally = new Tally();
const { check } = tally;

async function shot(person, name) {
  if (!screenshots) return;
  for (const width of [360, 1280]) {
    await person.page.setViewportSize({ width, height: 900 });
    await person.page.screenshot({ path: join(screenshots, `${name}-${width}.png`), fullPage: true });
  }
}

// Who opens which page, and with what in the place of what varies. A page that is added to the router is opened as it is by
// whoever may: one that needs more must be named here.
async function visits(office) {
  const analyst = await office.person("office-000000");
  const pictured = await caseWithPictures(office, analyst);
  const file = await analyst.page.locator("img.preview").first().getAttribute("src");
  await analyst.leave();
  const [number, other] = [office.caseOf("01"), office.caseOf("04")];
  const national = (path, name, template) => ({ who: "office-000000", path, name, template });
  return [
    { who: null, path: "/login", name: "login", template: "/login" },
    national("/q", "inbox", "/q"),
    national("/q?show=all&order=newest", "inbox-all", "/q"),
    national("/q?priority=P0&place=99", "inbox-filtered", "/q"),
    national("/search", "search", "/search"),
    national("/search?q=%E4%B8%BB%E4%BB%BB", "search-found", "/search"),
    national(`/c/${number}`, "case", "/c/{case}"),
    national(`/c/${pictured}?list=show%3Dall&at=1&done=${other}`, "case-pictures", "/c/{case}"),
    { who: "dispatcher", path: `/c/${other}`, name: "case-dispatcher", template: "/c/{case}" },
    national(file.replace(/\/1$/, ""), "file", "/c/{case}/files/{item}"),
    national(`/c/${number}/letter`, "letter", "/c/{case}/letter"),
    national(`/c/${number}/file`, "case-file", "/c/{case}/file"),
    national(`/compare?a=${number}&b=${other}`, "compare-unlike", "/compare"),
    national("/help/keys", "keys", "/help/keys"),
    national(`/q/many?act=note&c_${number}=on&c_${other}=on&c_0000-0000-0001=on`, "many", "/q/many"),
    national("/q/many?act=star", "many-none", "/q/many"),
    national("/callbacks", "callbacks", "/callbacks"),
    // A month without call-backs is no page; one with them, internal/console tests.
    national("/callbacks/2026-01", "callback", "/callbacks/{month}"),
    national("/me", "me", "/me"),
    { who: "head", path: "/custody", name: "custody", template: "/custody" },
    { who: "auditor", path: "/audit", name: "audit", template: "/audit" },
    { who: "officer", path: "/accounts", name: "accounts", template: "/accounts" },
    { who: "officer", path: "/undertakings", name: "undertakings", template: "/undertakings" },
    national("/nowhere", "problem-404", null),
    { who: "clerk", path: "/q", name: "problem-403", template: null },
    { who: "clerk", path: "/register/phone/GANG_CRIME", name: "register-phone", template: "/register/{channel}/{flow}" },
    { who: "clerk", path: "/register/mail/GANG_CRIME", name: "register-mail", template: "/register/{channel}/{flow}" },
    // To whoever is none of the two, a sealed case is no page; what the two see, internal/console tests.
    national("/sealed", "sealed", "/sealed"),
    national(`/sealed/${number}`, "sealed-case", "/sealed/{case}"),
    {
      ...national(`/c/${number}`, "identity", "/c/{case}/identity"),
      then: async ({ page, follow }) => {
        await page.locator("#reason").fill("联系举报人核实");
        await follow(() => page.locator("#identity button").click());
      },
    },
  ];
}

// Pages that no line above names are opened as they stand, by everybody in turn until somebody may.
async function unnamed(office, routes, named) {
  const left = routes.filter((path) => !NO_PAGES.has(path) && !named.some(({ template }) => template === path));
  const found = [];
  for (const path of left.filter((path) => !path.includes("{"))) {
    for (const who of ["office-000000", "head", "dispatcher", "clerk", "officer", "auditor", "administrator"]) {
      const person = await office.person(who);
      const status = await person.goto(path);
      await person.leave();
      if (status === 200) {
        found.push({ who, path, name: path.slice(1).replaceAll("/", "-"), template: path });
        break;
      }
    }
  }
  return found;
}

async function everyPage(office, all, scripts) {
  const mode = scripts ? "js" : "plain";
  for (const { who, path, name, then } of all) {
    await check(`${name} ${scripts ? "with" : "without"} scripts`, async () => {
      const person = await office.person(who, { scripts, width: 360 });
      await person.goto(path);
      await then?.({ page: person.page, follow: (deed) => person.follow(deed) });
      const found = await consoleFaults(person, { shot: screenshots && join(screenshots, `${name}-${mode}`) });
      await person.leave();
      return found;
    });
  }
}

// A fault that is planted must be found, or the silence of the checks means nothing.
async function control(office) {
  await check("control: planted faults are found", async () => {
    const person = await office.person("office-000000");
    await person.goto("/q");
    await person.page.evaluate(() => {
      document.querySelector("main").insertAdjacentHTML("beforeend", "<input type=text><button type=button id=planted>.</button>");
      Object.assign(document.querySelector("#planted").style, { minHeight: "0", height: "20px", padding: "0" });
      document.querySelector("h1").style.width = "3000px";
      localStorage.setItem("planted", "1");
    });
    const found = (await consoleFaults(person, {})).join("\n");
    await person.leave();
    const wanted = ["label", "scrolls sideways", "something is stored", "px high"];
    return wanted.filter((one) => !found.includes(one)).map((one) => `not found: ${one}`);
  });
}

mkdirSync(scratch, { recursive: true });
if (screenshots) mkdirSync(screenshots, { recursive: true });
const office = new Office(programs, scratch);
try {
  await office.open();
  await check("the security officer makes the accounts", () => office.hire());
  const routes = office.routes();
  const named = await visits(office);
  const all = [...named, ...(await unnamed(office, routes, named))];
  for (const scripts of [true, false]) await everyPage(office, all, scripts);
  await check("every address of the router is a page that was seen, or is named as none", () =>
    routes.filter((path) => !NO_PAGES.has(path) && !all.some(({ template }) => template === path)).map((path) => `no test for ${path}`),
  );
  await control(office);
  await check("one look at a case with pictures is one event that names them", () => oneLook(office));
  await check("keys act on a page and nowhere else", () => keys(office));
  await check("several cases at once, by keyboard and without scripts", () => several(office, shot));
  await check("columns are chosen at the inbox and kept with the account", () => columns(office));
  await check("a province does not see what its neighbour has", () => neighbour(office));
  await check("two people at once: neither loses text", () => twoAtOnce(office));
  await check("two cases are compared, merged once, and the merge is undone", () => mergeAndUndo(office, root, shot));
  await check("one case by keyboard alone, from its arrival through both gates to the feedback", () => walkByKeys(office));
  await check("no browser asked anybody but the console", () =>
    [...new Set(office.asked.filter((url) => !url.startsWith(`${office.origin}/`)))].map((url) => `asked: ${url}`),
  );
  await check("no browser complained", () => [...new Set(office.complaints)]);
} finally {
  await check("the demo ends when asked", async () => ((await office.close()) === 0 ? [] : ["not with 0"]));
}
process.exit(tally.end());
