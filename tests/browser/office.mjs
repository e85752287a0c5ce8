// The console in front of real cases: the whole demo site by its own program, with everybody whom a case needs. Nothing of it
// outlives the run.

import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const PASSWORD = "correct horse battery staple";

// Who is there besides the demo's own people: name, role, unit.
const STAFF = [
  ["dispatcher", "dispatcher", "OFFICE.990000"],
  ["assessor", "analyst", "OFFICE.990000"],
  ["head", "head", "POLICE.990201"],
  ["verifier", "verifier", "POLICE.990201"],
  ["reviewer", "reviewer", "OFFICE.990000"],
  ["ministry", "reviewer", "POLICE.000000"],
  ["clerk", "clerk", "OFFICE.000000"],
];

export class Office {
  #child;
  people = new Map();
  // Every address that any browser asked for, and what the browser complained about.
  asked = [];
  complaints = [];

  constructor(programs, folder) {
    this.programs = programs;
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  // Starts the demo, waits until its samples have crossed, and opens a browser.
  async open() {
    const log = openSync(join(this.folder, "log"), "a");
    const data = join(this.folder, "data");
    const words = ["--data", data, "--json", "--gateway-addr", "127.0.0.1:0", "--console-addr", "127.0.0.1:0"];
    this.#child = spawn(join(this.programs, "nightsafe-quickstart"), words, {
      stdio: ["ignore", "pipe", log],
      env: { ...process.env, NIGHTSAFE_PROGRAMS: this.programs },
    });
    closeSync(log);
    for await (const line of createInterface({ input: this.#child.stdout })) {
      if (line.startsWith("{")) {
        this.told = JSON.parse(line);
        break;
      }
    }
    if (!this.told) throw new Error(`the demo is not up: ${readFileSync(join(this.folder, "log"), "utf8").slice(-2000)}`);
    this.origin = this.told.console;
    for (const user of this.told.users) this.people.set(user.name, user);
    this.browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: FLAGS });
  }

  async close() {
    await this.browser?.close();
    if (!this.#child || this.#child.exitCode !== null) return this.#child?.exitCode;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGINT");
    return await ended;
  }

  // Every address of the console, from its router.
  routes() {
    const listed = execFileSync(join(this.programs, "nightsafe-internal"), ["routes"], { encoding: "utf8" });
    return JSON.parse(listed).routes.map(({ path }) => path);
  }

  // The case of a sample.
  caseOf(number) {
    return this.told.samples.find(({ sample }) => sample.startsWith(number)).case;
  }

  // A browser of its own for somebody; without a name, for nobody. `scripts` off is what a reader's own setting would be.
  async person(name, { scripts = true, width = 1280 } = {}) {
    const context = await this.browser.newContext({ ignoreHTTPSErrors: true, locale: "zh-CN", viewport: { width, height: 900 } });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    page.on("request", (request) => this.asked.push(request.url()));
    page.on("console", (message) => {
      const expected = /the server responded with a status of (403|404|405|409|422|429)/.test(message.text());
      if (["error", "warning"].includes(message.type()) && !expected) this.complaints.push(`${page.url()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    const person = new Person(this, context, page, await context.newCDPSession(page), scripts);
    await person.runScripts(scripts);
    if (name) await person.logIn(this.people.get(name));
    return person;
  }

  // The accounts that the demo lacks, made by its security officer in the console.
  async hire() {
    const officer = await this.person("officer");
    for (const [name, role, unit] of STAFF) {
      await officer.goto("/accounts");
      const { page } = officer;
      await page.locator("#name").fill(name);
      await page.locator("#role").selectOption(role);
      await page.locator("#unit").fill(unit);
      await page.locator("#password").fill(PASSWORD);
      await officer.follow(() => page.locator('form[action="/accounts"] button').click());
      this.people.set(name, { name, role, unit, password: PASSWORD });
    }
    await officer.goto("/undertakings");
    for (const [id, text] of [["account", "verifier"], ["signed", "2026-01-05"], ["until", "2031-01-05"], ["document", "0123456789abcdef".repeat(4)]]) {
      await officer.page.locator(`#${id}`).fill(text);
    }
    await officer.follow(() => officer.page.locator('form[action="/undertakings"] button').click());
    await officer.leave();
  }

  // A further report over the public door; resolves once the console shows it to this analyst.
  async file(report, analyst, words) {
    const answer = await analyst.context.request.post(`${this.told.gateway}/api/v1/reports`, { data: report });
    if (answer.status() !== 201) throw new Error(`the report is not taken: ${await answer.text()}`);
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      await analyst.goto(`/search?q=${encodeURIComponent(words)}`);
      const found = await analyst.page.locator("tbody th a").count();
      if (found) return await analyst.page.locator("tbody th a").first().getAttribute("href");
    }
    throw new Error("the report does not arrive");
  }
}

export class Person {
  constructor(office, context, page, protocol, scripts) {
    Object.assign(this, { office, context, page, protocol, scripts });
  }

  async leave() {
    await this.context.close();
  }

  async runScripts(on) {
    await this.protocol.send("Emulation.setScriptExecutionDisabled", { value: !on });
  }

  async goto(path) {
    const answer = await this.page.goto(new URL(path, this.office.origin).href, { waitUntil: "load" });
    return answer.status();
  }

  // Does something that leads to another page; resolves to its status.
  async follow(deed) {
    const [answer] = await Promise.all([this.page.waitForNavigation({ waitUntil: "load" }), deed()]);
    return answer.status();
  }

  async logIn({ name, password }) {
    await this.goto("/login");
    await this.page.locator("#name").fill(name);
    await this.page.locator("#password").fill(password);
    await this.follow(() => this.page.keyboard.press("Enter"));
  }

  // Evaluates with scripts on, and leaves them as they were.
  async ask(question, argument) {
    await this.runScripts(true);
    const answer = await this.page.evaluate(question, argument);
    await this.runScripts(this.scripts);
    return answer;
  }

  async press(key) {
    await this.page.keyboard.press(key);
  }

  async type(text) {
    await this.page.keyboard.insertText(text);
  }

  // What has the focus.
  async focused() {
    return await this.ask(() => {
      const one = document.activeElement;
      return { tag: one.tagName, name: one.getAttribute("name") ?? "", id: one.id, href: one.getAttribute("href") ?? "", text: one.textContent.trim().slice(0, 80) };
    });
  }

  // Goes on from stop to stop until it is there.
  async to(fits, what) {
    for (let stops = 0; stops < 400; stops += 1) {
      await this.press("Tab");
      if (fits(await this.focused())) return;
    }
    throw new Error(`the keyboard does not get to ${what}`);
  }
}
