// Every state of every page, reached as a reader reaches it. What is filled in follows from the page itself: a field that
// is added to the catalog is met here without being named.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

// What a page needs at least, field by field; anything else may stay empty.
const LEAST = {
  "notice_ack.accepted": "yes",
  "subjects[0].kind": "individual",
  "subjects[0].name": "不清楚",
  "subjects[0].system": "POLICE",
  "facts.place.detail": "不清楚",
  "facts.title": "强收摊位费",
  "facts.narrative": "每天早上有三个人来收钱，不交就掀摊。",
  "declaration.truthful": "yes",
};

// A month without a year, and a code too short: optional everywhere, and wrong wherever they are typed.
const BAD = 'main input[name$=".m"], main input[type="text"][name$="anon_code"]';

export const TYPED = "金丝雀-canary-强收摊位费";

// Photographs for the attachments, one of them beyond every limit for pictures, and what is none.
export function samples(folder) {
  const jpeg = (bytes) => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10]), Buffer.from("JFIF\0"), Buffer.alloc(bytes, 7)]);
  const named = (name) => join(folder, `canary-${name}`);
  const files = { photo: named("photo.jpg"), large: named("large.jpg"), letter: named("letter.docx") };
  writeFileSync(files.photo, jpeg(300_000));
  writeFileSync(files.large, jpeg(21_000_000));
  writeFileSync(files.letter, "PK not a picture");
  return files;
}

// Fills what the page needs and nothing more.
export async function fillLeast(page) {
  for (const [name, value] of Object.entries(LEAST)) {
    const field = page.locator(`main [name="${name}"]:not([type="hidden"])`);
    // What stands in a part that starts closed may stay empty.
    if (!(await field.count()) || !(await field.first().isVisible())) continue;
    const kind = await field.first().getAttribute("type");
    if (kind === "checkbox" || kind === "radio") await field.and(page.locator(`[value="${value}"]`)).check();
    else if ((await field.first().evaluate((one) => one.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(name === "facts.title" ? TYPED : value);
  }
  // What was typed wrong on purpose.
  for (const bad of await page.locator(BAD).all()) if (await bad.isVisible()) await bad.fill("");
  const category = page.locator('main input[type="checkbox"][name="facts.categories"]');
  if (await category.count()) await category.first().check();
}

// Walks a flow from its first page to the receipt; `visit` is called in each state. A page is first pressed on as it
// comes, then mended.
export async function walkFlow(tab, origin, flow, files, visit, campaign = "") {
  const { page } = tab;
  const address = (id) => `/report/${flow.slug}/${id}`;
  const query = campaign && `?campaign=${campaign}`;
  await tab.open(`${origin}${address(flow.pages[0].id)}${query}`);
  for (const { id } of flow.pages) {
    const name = `${flow.slug}${campaign && "-campaign"}-${id}`;
    await visit(name, { route: "/report/{slug}/{page}", page: `${flow.slug}/${id}` });
    if (campaign) return;
    const isLast = id === flow.pages.at(-1).id;
    await openAll(tab);
    await visit(`${name}-open`, {});
    const status = await refuse(tab, files, isLast);
    if (status !== null) {
      if (![413, 422].includes(status)) throw new Error(`${name}: ${status} instead of a page with something to mend`);
      await visit(`${name}-error`, { error: "fields", page: `${flow.slug}/${id}` });
    }
    await fillLeast(page);
    const answer = await tab.press(isLast ? "send" : "next");
    if (answer !== 200) throw new Error(`${name}: ${answer}: ${await page.title()}`);
  }
  await visit(`${flow.slug}-receipt`, {});
  return await receipt(tab, visit, flow.slug);
}

// Walks a flow as it is meant to be walked, up to the page with this id.
export async function walkTo(tab, origin, flow, id) {
  await tab.open(`${origin}/report/${flow.slug}/${flow.pages[0].id}`);
  for (const page of flow.pages) {
    if (page.id === id) return;
    await fillLeast(tab.page);
    const answer = await tab.press("next");
    if (answer !== 200) throw new Error(`${flow.slug}/${page.id}: ${answer}: ${await tab.page.title()}`);
  }
  throw new Error(`${flow.slug} has no page ${id}`);
}

// Makes the page complain: with a file that is not taken, or with something that no field takes. Null if it cannot.
async function refuse(tab, files, isLast) {
  const { page } = tab;
  const input = page.locator('input[type="file"]');
  if (await input.count()) {
    await input.setInputFiles([files.photo, files.letter]);
    if (!tab.scripts) return await tab.press("add");
    await page.locator('button[value="add"]').click();
    await page.locator(".summary").waitFor();
    return 422;
  }
  const bad = page.locator(BAD).first();
  if (await bad.count()) await bad.fill("99");
  return await tab.press(isLast ? "send" : "next");
}

// Everything that is folded, opened as a reader would.
async function openAll(tab) {
  await tab.ask(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
}

// The check of the copy: a wrong group, then the right number.
async function receipt(tab, visit, slug) {
  const { page } = tab;
  const number = (await page.locator("#number").innerText()).replaceAll(/\s/g, "");
  const wrong = number.slice(0, 8) + String((Number(number[8]) + 1) % 10) + number.slice(9);
  await page.locator("#copy").fill(wrong);
  if ((await tab.press("check")) !== 422) throw new Error("a wrong copy is taken for the number");
  if (!(await page.locator("#copy-error").innerText()).includes("第 3 组")) throw new Error("the wrong group is not named");
  await visit(`${slug}-receipt-error`, { error: "own", route: "/receipt/check" });
  await page.locator("#copy").fill(number.replaceAll(/(....)/g, "$1 "));
  if ((await tab.press("check")) !== 200) throw new Error("the number is not taken for itself");
  await visit(`${slug}-receipt-same`, {});
  return number;
}

// The pages that stand alone.
export async function walkRest(tab, origin, number, visit) {
  const { page } = tab;
  const open = async (path, name, about) => {
    await tab.open(`${origin}${path}`);
    await visit(name, about);
  };
  await open("/", "start", { route: "/" });
  await open("/?big=1", "start-big", {});
  await open("/?lang=zh", "start-zh", {});
  await open("/?lang=en&big=1", "start-en-big", { english: true });
  await open("/contact", "contact", { route: "/contact" });
  await open("/keys", "keys", { route: "/keys" });
  await open("/progress", "progress", { route: "/progress" });
  await page.locator("#number").fill("1234");
  if ((await tab.press("ask")) !== 422) throw new Error("a short number is taken");
  await visit("progress-error", { error: "own", route: "/progress" });
  await page.locator("#number").fill(number);
  if ((await tab.press("ask")) !== 200) throw new Error("the number is not taken");
  await visit("progress-asked", {});
  await open("/add", "add", { route: "/add" });
  if ((await tab.press("send")) !== 422) throw new Error("nothing is added");
  await visit("add-error", { error: "fields", route: "/add" });
  await page.locator('[name="cites"]').fill(number);
  await page.locator('[name="facts.narrative"]').fill(TYPED);
  if ((await tab.press("send")) !== 200) throw new Error(`not added: ${await page.title()}`);
  await visit("add-receipt", {});
  await open("/nowhere", "problem-404", { error: "problem" });
  await open("/places", "problem-405", { error: "problem" });
}
