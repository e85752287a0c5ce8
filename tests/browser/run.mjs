// The public pages in headless Chromium: every page that router and catalog have, each as it comes and with something to
// mend, at three widths, with scripts and without.
//
//   node run.mjs PROGRAMS SCRATCH SCREENSHOTS
//
// Prints one line a check and one of counts; ends with 0 only if nothing failed. One browser, one gateway, both its own.

import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import lighthouse from "lighthouse";

import { Browser } from "./browser.mjs";
import { axe, faults } from "./checks.mjs";
import { walkByKeyboard } from "./keyboard.mjs";
import { walkProblems } from "./problems.mjs";
import { Site } from "./site.mjs";
import { TYPED, fillLeast, samples, walkFlow, walkRest } from "./states.mjs";
import { Tally } from "./tally.mjs";

const [programs, scratch, screenshots] = process.argv.slice(2);
// Addresses that are no page, each with what tests it.
const NO_PAGES = new Set([
  "/report/{slug}", // leads on to the first page
  "/places", // below: the next list of places
  "/exit", // below: the way out
  "/assets/{name}", // every page
  "/api/v1/reports", // gateway/tests
  "/api/v1/catalog", // gateway/tests
  "/api/v1/openapi.json", // gateway/tests
]);

const tally = new Tally();
const { check } = tally;

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function everyPage(browser, origin, listed, files, scripts) {
  const tab = await browser.tab(scripts);
  const mode = scripts ? "with scripts" : "without scripts";
  const routes = new Set();
  const pages = { plain: new Set(), error: new Set() };
  const visit = async (name, { route, page, error, english }) => {
    if (route) routes.add(route);
    if (page) pages[error ? "error" : "plain"].add(page);
    const shot = screenshots && join(screenshots, `${name}-${scripts ? "js" : "plain"}`);
    await check(`${name} ${mode}`, async () => {
      const found = await faults(tab, origin, { error, shot });
      return english ? found.filter((fault) => !fault.startsWith("title:")) : found;
    });
  };
  let number;
  for (const flow of listed.flows.filter((flow) => flow.slug)) {
    await check(`${flow.slug} ${mode}, to the receipt`, async () => {
      number = await walkFlow(tab, origin, flow, files, visit);
    });
  }
  for (const campaign of listed.campaigns) {
    const flow = listed.flows.find((one) => one.slug === campaign.slug);
    await check(`campaign ${campaign.code} ${mode}`, () => walkFlow(tab, origin, flow, files, visit, campaign.code));
  }
  await check(`the other pages ${mode}`, () => walkRest(tab, origin, number, visit));
  await check(`every route and page was seen ${mode}`, () => {
    const all = listed.flows.filter((flow) => flow.slug).flatMap((flow) => flow.pages.map(({ id }) => `${flow.slug}/${id}`));
    const unseen = listed.routes.map(({ path }) => path).filter((path) => !routes.has(path) && !NO_PAGES.has(path));
    const unfilled = all.filter((page) => !pages.plain.has(page)).concat(all.filter((page) => !pages.error.has(page)));
    return [...unseen.map((path) => `no test for ${path}`), ...unfilled.map((page) => `not in both states: ${page}`)];
  });
  await tab.page.close();
  return number;
}

// A fault that is planted must be found, or the silence of the checks means nothing.
async function controls(browser, origin) {
  const tab = await browser.tab(true);
  await tab.open(`${origin}/`);
  await check("control: planted faults are found", async () => {
    await tab.page.evaluate(() => {
      document.querySelector("main").insertAdjacentHTML("beforeend", "<input type=text><img src='data:,'>");
      document.querySelector("h1").style.width = "2000px";
      localStorage.setItem("planted", "1");
    });
    const found = (await faults(tab, origin, {})).join("\n");
    const missed = ["label", "image-alt", "scrolls sideways", "something is stored"].filter((one) => !found.includes(one));
    await tab.page.evaluate(() => localStorage.clear());
    return missed.map((one) => `not found: ${one}`);
  });
  await check("control: axe counts them", async () => ((await axe(tab.page)).length >= 2 ? [] : ["axe is silent"]));
  await tab.page.close();
}

async function withScripts(browser, origin, files) {
  const tab = await browser.tab(true);
  const { page } = tab;
  await check("the next list of places comes without a reload", async () => {
    await tab.open(`${origin}/report/gang/who`);
    await page.locator('[name="facts.place.code.1"]').selectOption("150000");
    await page.locator('[name="facts.place.code.2"]').selectOption("152500");
    await page.locator('[name="facts.place.code.3"]').selectOption("152531");
    await fillLeast(page);
    await tab.press("next");
    const carried = await page.locator('input[name="facts.place.code"]').inputValue();
    return carried === "152531" ? [] : [`carried: ${carried}`];
  });
  await check("characters are counted as the service counts them", async () => {
    const text = page.locator('[name="facts.narrative"]');
    await text.fill("𠮷".repeat(10));
    const left = await text.locator("xpath=following-sibling::p[1]").innerText();
    return left.includes("4990") ? [] : [left];
  });
  await check("an upload shows its progress and is listed", async () => {
    await fillLeast(page);
    await tab.press("next");
    await page.locator('input[type="file"]').setInputFiles(files.photo);
    await page.locator('button[value="add"]').click();
    await page.locator(".added li").waitFor();
    // The page is one of the form's own: reloaded, it still has the file.
    await page.reload();
    return (await page.locator(".added li").count()) === 1 ? [] : ["it is gone after a reload"];
  });
  await check("an upload that is cut leaves the page as it was", async () => {
    await page.locator('input[type="file"]').setInputFiles(files.photo);
    await page.route("**/report/**", (route) => route.abort("connectionreset"));
    await page.locator('button[value="add"]').click();
    await page.getByText("上传中断").waitFor();
    await page.unroute("**/report/**");
    return (await page.locator(".added li").count()) === 1 ? [] : ["earlier files are gone"];
  });
  await page.close();
}

async function backAndOut(browser, origin) {
  const tab = await browser.tab(false);
  const { page } = tab;
  await check("reloading a page loses no answer", async () => {
    const carried = async () => await page.locator('input[name="subjects[0].name"]').inputValue();
    await tab.open(`${origin}/report/officers/who`);
    await fillLeast(page);
    await tab.press("next");
    await page.reload();
    const reloaded = await carried();
    return reloaded === "不清楚" ? [] : [reloaded];
  });
  await check("the way out leads away and clears up", async () => {
    const answer = await page.request.get(`${origin}/exit`, { maxRedirects: 0, ignoreHTTPSErrors: true });
    const cleared = answer.headers()["clear-site-data"] ?? "";
    return answer.status() === 303 && cleared.includes("storage") ? [] : [`${answer.status()} ${cleared}`];
  });
  await page.close();
}

// The pages for whatever stands in the way.
async function problems(browser, site, listed, files) {
  const tab = await browser.tab(false);
  const visit = (name, { error }) =>
    check(name, () => faults(tab, site.address, { error, shot: screenshots && join(screenshots, name) }));
  await walkProblems({ tab, site, flows: listed.flows.filter((flow) => flow.slug), files, check, visit });
  await tab.page.close();
}

// Every page that can be asked for by its address; two of them unless the heavy forms are wanted.
async function scores(origin, port, listed) {
  const plain = listed.routes.map(({ path }) => path).filter((path) => !path.includes("{") && !NO_PAGES.has(path));
  const begun = listed.flows.filter((flow) => flow.slug).map((flow) => `/report/${flow.slug}/${flow.pages[0].id}`);
  const wanted = process.env.NIGHTSAFE_FULL ? [...plain, ...begun] : ["/", begun.at(-1)];
  for (const path of new Set(wanted.filter((path) => path !== "/receipt/check"))) {
    await check(`lighthouse ${path}`, async () => {
      const options = { port, onlyCategories: ["accessibility", "best-practices"], logLevel: "error", output: "json" };
      const { lhr } = await lighthouse(`${origin}${path}`, options);
      const score = (name) => Math.round(100 * lhr.categories[name].score);
      const missed = Object.values(lhr.audits).filter((audit) => audit.score !== null && audit.score < 1 && audit.scoreDisplayMode === "binary");
      console.log(`    accessibility ${score("accessibility")}, best practices ${score("best-practices")}`);
      return score("accessibility") === 100 && score("best-practices") >= 95 ? [] : missed.map((audit) => audit.id);
    });
  }
}

mkdirSync(scratch, { recursive: true });
if (screenshots) {
  rmSync(screenshots, { recursive: true, force: true });
  mkdirSync(screenshots, { recursive: true });
}
const site = new Site(programs, join(scratch, "site"));
const origin = await site.serve();
const port = await freePort();
const browser = await Browser.start(join(scratch, "profile"), site.pin(), port);
try {
  mkdirSync(join(scratch, "files"), { recursive: true });
  const files = samples(join(scratch, "files"));
  const listed = site.routes();
  const numbers = [];
  for (const scripts of [false, true]) numbers.push(await everyPage(browser, origin, listed, files, scripts));
  await controls(browser, origin);
  await withScripts(browser, origin, files);
  await backAndOut(browser, origin);
  await check("a gang report with the keyboard alone", async () => {
    const tab = await browser.tab(false);
    const presses = await walkByKeyboard(tab, origin);
    console.log(`    ${presses} presses beside the text`);
    await tab.page.close();
    return presses <= 80 ? [] : [`${presses} presses`];
  });
  await problems(browser, site, listed, files);
  await scores(origin, port, listed);
  await browser.end();
  await check("the gateway ends when asked", async () => ((await site.stop()) === 0 ? [] : ["not with 0"]));
  await check("nothing that was typed or chosen rests at the gateway", () => site.holding([TYPED, "canary", ...numbers.filter(Boolean)]));
} finally {
  await browser.context.close().catch(() => {});
  await site.stop();
}
process.exit(tally.end());
