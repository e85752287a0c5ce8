// One headless Chromium with a profile of its own, which takes the one certificate of the site under test.

import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export class Browser {
  static async start(profile, pin, port) {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: "/usr/bin/chromium",
      headless: true,
      viewport: { width: 360, height: 800 },
      locale: "zh-CN",
      args: [...FLAGS, `--ignore-certificate-errors-spki-list=${pin}`, `--remote-debugging-port=${port}`],
    });
    context.setDefaultTimeout(20_000);
    return new Browser(context);
  }

  constructor(context) {
    this.context = context;
  }

  async end() {
    await this.context.close();
  }

  // A tab in which everything that is asked of the network is written down.
  async tab(scripts) {
    const page = await this.context.newPage();
    const tab = new Tab(page, await this.context.newCDPSession(page), scripts);
    await tab.begin();
    return tab;
  }
}

export class Tab {
  requests = [];
  complaints = [];

  constructor(page, protocol, scripts) {
    this.page = page;
    this.protocol = protocol;
    this.scripts = scripts;
  }

  async begin() {
    this.page.on("request", (request) => this.requests.push(request.url()));
    this.page.on("console", (message) => {
      // The browser's own line about a status that a page is meant to have.
      const expected = /the server responded with a status of (400|403|404|405|413|415|422|429|503)/.test(message.text());
      if (["error", "warning"].includes(message.type()) && !expected) this.complaints.push(message.text());
    });
    this.page.on("pageerror", (error) => this.complaints.push(String(error)));
    await this.run_scripts(this.scripts);
  }

  // While axe looks, scripts must run: it waits for timers. What a page's own script would have done when it was loaded is
  // not done afterwards.
  async run_scripts(on) {
    await this.protocol.send("Emulation.setScriptExecutionDisabled", { value: !on });
  }

  async open(url) {
    const answer = await this.page.goto(url, { waitUntil: "load" });
    return answer.status();
  }

  // Presses a button of the page and waits for what it leads to; resolves to the status.
  async press(value) {
    const button = this.page.locator(`button[name="do"][value="${value}"]:not(.enter):not(.switch)`).first();
    const [answer] = await Promise.all([this.page.waitForNavigation({ waitUntil: "load" }), button.click()]);
    return answer.status();
  }

  // Evaluates with scripts on, and leaves them as they were.
  async ask(question, argument) {
    await this.run_scripts(true);
    const answer = await this.page.evaluate(question, argument);
    await this.run_scripts(this.scripts);
    return answer;
  }
}
