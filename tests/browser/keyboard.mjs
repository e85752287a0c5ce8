// A report of a gang with the keyboard alone, at the width of a telephone and without scripts, with a mistake on the way.

// Presses that are not letters of the text.
class Keys {
  pressed = 0;

  constructor(tab) {
    this.tab = tab;
  }

  async press(key) {
    this.pressed += 1;
    await this.tab.page.keyboard.press(key);
  }

  // Types into what has the focus; the letters are no presses.
  async type(text) {
    await this.tab.page.keyboard.insertText(text);
  }

  async focused() {
    return await this.tab.ask(() => {
      const one = document.activeElement;
      return { name: one.getAttribute("name") || one.id, value: one.getAttribute("value") || "", href: one.getAttribute("href") || "" };
    });
  }

  // Goes on from one stop to the next until it is there; backwards where that is shorter.
  async to(fits, key = "Tab") {
    for (let stops = 0; stops < 60; stops += 1) {
      await this.press(key);
      if (fits(await this.focused())) return;
    }
    throw new Error(`the keyboard does not get there: ${JSON.stringify(await this.focused())}`);
  }

  // Enter on a button, a link, or in a field, and wait for the page that follows.
  async enter() {
    const arrived = this.tab.page.waitForNavigation({ waitUntil: "load" });
    const [answer] = await Promise.all([arrived, this.press("Enter")]);
    return answer.status();
  }

  // Past everything above the page's own content.
  async skip() {
    await this.press("Tab");
    await this.press("Enter");
  }
}

const named = (name) => (one) => one.name === name;

// How many presses it took; the receipt is on the page afterwards.
export async function walkByKeyboard(tab, origin) {
  await tab.page.setViewportSize({ width: 360, height: 800 });
  await tab.open(`${origin}/`);
  const keys = new Keys(tab);
  await keys.skip();
  await keys.to((one) => one.href === "/report/gang");
  await keys.enter();

  // Who: the notice is overlooked at first.
  await keys.skip();
  await keys.to(named("subjects[0].kind"));
  await keys.press("Space");
  await keys.to(named("subjects[0].name"));
  await keys.type("张某");
  await keys.to(named("facts.place.detail"));
  await keys.type("不清楚");
  if ((await keys.enter()) !== 422) throw new Error("an unread notice is no matter");
  // The summary gets the focus: its first link leads to the notice.
  await tab.page.locator(".summary:focus").waitFor();
  await keys.press("Tab");
  await keys.press("Enter");
  if (!named("notice_ack.accepted")(await keys.focused())) throw new Error("the error does not lead to its field");
  await keys.press("Space");
  await keys.to(named("subjects[0].name"));
  if ((await keys.enter()) !== 200) throw new Error("mended, and not taken");

  // What.
  await keys.skip();
  await keys.to(named("facts.categories"));
  await keys.press("Space");
  await keys.to(named("facts.title"), "Tab");
  await keys.type("强收摊位费");
  await keys.to(named("facts.narrative"));
  await keys.type("每天早上有三个人来收钱，不交就掀摊。");
  await keys.to(named("facts.title"), "Shift+Tab");
  if ((await keys.enter()) !== 200) throw new Error("what happened is not taken");

  // Attachments and about: nothing. From the end of the page it is nearer.
  for (const page of ["files", "about"]) {
    await keys.to((one) => one.name === "do" && one.value === "next", "Shift+Tab");
    if ((await keys.enter()) !== 200) throw new Error(`${page} cannot be skipped`);
  }

  // Check.
  await keys.to((one) => one.value === "send", "Shift+Tab");
  await keys.to(named("declaration.truthful"), "Shift+Tab");
  await keys.press("Space");
  await keys.to((one) => one.value === "send");
  if ((await keys.enter()) !== 200) throw new Error("it is not sent");
  if (!(await tab.page.locator("#number").count())) throw new Error("there is no receipt");
  return keys.pressed;
}
