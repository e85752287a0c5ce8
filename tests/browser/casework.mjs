// What an office does with cases, in the browser: one case by keyboard alone from its arrival to the feedback, a merge and its
// undo, two people at once, a neighbour who sees nothing, and keys that do not act where they must not.

import { readFileSync } from "node:fs";

const REASON = "事实清楚，属于管辖范围";

// Each step of a case: who, the name of the move as the page has it, and what is typed or chosen.
const STEPS = [
  ["assessor", "研判", [["reason", REASON]]],
  ["dispatcher", "交办", [["unit", "POLICE.990201"], ["reason", REASON]]],
  ["head", "签收", []],
  ["head", "指派", [["account", "verifier"]]],
  ["verifier", "开始核查", []],
  ["verifier", "填写核查结果", [["result", "查实"], ["disposal_CRIMINAL_CASE", " "], ["reason", "调取流水三份，询问证人四名，与举报所述一致。"]]],
  ["head", "签发上报", []],
  ["reviewer", "审核通过", [["reason", "证据充分"]]],
  ["ministry", "审核通过", [["reason", "同意"]]],
  ["verifier", "反馈举报人", [["channel", "电话"], ["reason", "已告知处理结果"]]],
];

// By keyboard alone: from the inbox, with j and Enter, to the form, and with the keys that fields have.
export async function walkByKeys(office) {
  const found = [];
  const number = office.caseOf("04");
  for (const [name, move, fields] of STEPS) {
    const person = await office.person(name, { width: 360 });
    await openByKeys(person, number);
    await pressMove(person, move, fields);
    const { page } = person;
    const problem = page.locator(".problem");
    if (await problem.count()) found.push(`${name}, ${move}: ${await problem.innerText()}`);
    await person.leave();
    if (found.length) return found;
  }
  const reader = await office.person("assessor");
  await reader.goto(`/c/${number}`);
  const stage = await reader.page.locator("#work").innerText();
  if (!stage.includes("已反馈")) found.push(`in the end it is: ${stage.slice(0, 200)}`);
  await reader.leave();
  return found;
}

async function openByKeys(person, number) {
  const { page } = person;
  await page.locator("h1").waitFor();
  // All open cases, by the address that a person types or keeps.
  await person.goto("/q?show=all&order=newest");
  const place = await person.ask((wanted) => [...document.querySelectorAll("[data-row] th a")].findIndex((link) => link.href.includes(wanted)), number);
  if (place < 0) throw new Error(`${number} is not in the inbox`);
  for (let presses = 0; presses <= place; presses += 1) await person.press("j");
  const focused = await person.focused();
  if (!focused.href.includes(number)) throw new Error(`j leads to ${focused.href}`);
  await person.follow(() => person.press("Enter"));
}

async function pressMove(person, move, fields) {
  const { page } = person;
  // The fold that has this form, opened as a reader opens it.
  const isFold = (one) => one.tag === "SUMMARY" && (one.text.startsWith(move) || one.text.includes(`、${move}`));
  if (move === "指派") await person.press("r");
  await person.to((one) => isFold(one) || (move === "指派" && one.name === "account"), move);
  if ((await person.focused()).tag === "SUMMARY") {
    if (!(await person.ask(() => document.activeElement.parentElement.open))) await person.press("Enter");
  }
  for (const [name, text] of fields) {
    if ((await person.focused()).name !== name) await person.to((one) => one.name === name, `${move}: ${name}`);
    if ((await person.focused()).tag === "SELECT") await choose(person, text);
    else if (text === " ") await person.press("Space");
    else await person.type(text);
  }
  await person.to((one) => one.tag === "BUTTON", `the button of ${move}`);
  const { text } = await person.focused();
  if (!text.startsWith(move)) throw new Error(`${move}: the next button is ${text}`);
  await person.follow(() => person.press("Enter"));
  await page.locator("h1").waitFor();
}

// Down to the option that begins with these words.
async function choose(person, words) {
  for (let presses = 0; presses < 30; presses += 1) {
    const chosen = await person.ask(() => document.activeElement.selectedOptions[0]?.textContent.trim() ?? "");
    if (chosen.startsWith(words)) return;
    await person.press("ArrowDown");
  }
  throw new Error(`there is no option ${words}`);
}

// Two reports of one matter are compared, merged once however often it is pressed, and the merge is undone.
export async function mergeAndUndo(office, root, shot) {
  const found = [];
  const analyst = await office.person("office-000000");
  const { page } = analyst;
  const sample = JSON.parse(readFileSync(`${root}/tests/data/samples/01_gang_village_bully_umbrella.json`, "utf8")).report;
  const retold = { ...sample, reporter: { kind: "undisclosed", identity_mode: "anonymous" }, prior_reports: [], evidence: { ...sample.evidence, attachments: [] } };
  retold.facts = { ...sample.facts, title: "村主任带人强占承包地打人", narrative: `${sample.facts.narrative.slice(0, 400)}后来又有人被打。` };
  await office.file(retold, analyst, "后来又有人被打");
  const number = office.caseOf("01");
  // The links are found behind the arrival.
  const compare = page.locator('a[href^="/compare"]');
  const deadline = Date.now() + 60_000;
  do await analyst.goto(`/c/${number}`);
  while (!(await compare.count()) && Date.now() < deadline);
  await analyst.follow(async () => {
    await compare.first().focus();
    await analyst.press("m");
  });
  const pair = page.url();
  if (!(await page.locator("mark").count())) found.push("no differing word is marked");
  await shot(analyst, "compare");
  await analyst.press("m");
  await analyst.type("同一村同一伙人");
  const form = await page.locator('form[action="/compare"]').evaluate((form) => Object.fromEntries(new FormData(form)));
  await analyst.follow(() => analyst.press("Enter"));
  await analyst.goto(pair);
  if ((await page.locator('input[name="act"]').getAttribute("value")) !== "unmerge") found.push("it is not merged");
  await shot(analyst, "compare-merged");
  // The same press once more, as a browser sends a form again: nothing anew, no error.
  const again = await analyst.context.request.post(new URL("/compare", office.origin).href, { form, maxRedirects: 0 });
  if (again.status() !== 303) found.push(`the same merge again: ${again.status()}`);
  await analyst.press("u");
  await analyst.type("核对后不是一伙人");
  await analyst.follow(() => analyst.press("Enter"));
  if ((await page.locator('input[name="act"]').getAttribute("value")) !== "merge") found.push("the merge is not undone");
  const late = await analyst.context.request.post(new URL("/compare", office.origin).href, { form, maxRedirects: 0 });
  await analyst.goto(pair);
  if ((await page.locator('input[name="act"]').getAttribute("value")) !== "merge") found.push(`an old page merges anew: ${late.status()}`);
  await analyst.leave();
  return found;
}

// Two people have the same page open; the second is told what the first did and keeps what was typed.
export async function twoAtOnce(office) {
  const found = [];
  const number = office.caseOf("02");
  const [first, second] = [await office.person("office-000000"), await office.person("office-000000")];
  for (const person of [first, second]) await person.goto(`/c/${number}`);
  const typed = "这里是第二个人写的很长的意见，一个字也不能丢";
  const fill = async (person, words) => {
    const form = person.page.locator('form:has(input[name="act"][value="assess"])').first();
    await person.ask(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    await form.locator('[name="reason"]').fill(words);
    return await person.follow(() => form.locator("button").click());
  };
  if ((await fill(first, "第一个人先写好了意见")) !== 200) found.push("the first is not taken");
  const status = await fill(second, typed);
  if (status !== 409) found.push(`the second gets ${status}`);
  const page = second.page;
  const fields = await second.ask(() => [...document.querySelectorAll("input, textarea")].map((one) => one.value).join("\n"));
  const said = await page.locator(".problem").innerText();
  if (!fields.includes(typed) && !said.includes(typed)) found.push("what the second wrote is gone");
  if (!said.includes("第一个人先写好了意见")) found.push(`it is not said what the first did: ${said}`);
  // Notes never meet: both stay.
  for (const [person, words] of [[first, "第一条备注"], [second, "第二条备注"]]) {
    await person.goto(`/c/${number}`);
    await person.press("n");
    await person.type(words);
    await person.to((one) => one.tag === "BUTTON", "the note's button");
    await person.follow(() => person.press("Enter"));
  }
  const timeline = await page.locator("#timeline").innerText();
  for (const words of ["第一条备注", "第二条备注"]) if (!timeline.includes(words)) found.push(`lost: ${words}`);
  for (const person of [first, second]) await person.leave();
  return found;
}

// What a province has, its neighbour does not find by any door.
export async function neighbour(office) {
  const found = [];
  const [own, other] = [await office.person("office-990000"), await office.person("office-980000")];
  const number = office.caseOf("04");
  if ((await own.goto(`/c/${number}`)) !== 200) found.push("its own province does not see it");
  const nowhere = await other.goto("/c/0000-0000-0001");
  const words = await other.page.locator("main").innerText();
  for (const path of [`/c/${number}`, `/c/${number}/letter`, `/c/${number}/file`, `/compare?a=${number}&b=${office.caseOf("02")}`]) {
    const status = await other.goto(path);
    if (status !== nowhere || (await other.page.locator("main").innerText()) !== words) found.push(`${path}: ${status}`);
  }
  const title = (await own.page.locator("h1").innerText()).trim();
  await other.goto(`/search?q=${encodeURIComponent(title)}`);
  if ((await other.page.content()).includes(number)) found.push("a search finds it");
  await other.goto("/q?show=all");
  if ((await other.page.content()).includes(number)) found.push("its inbox lists it");
  for (const person of [own, other]) await person.leave();
  return found;
}

// Keys act on a page, and neither in a field, nor under an input method, nor with a modifier, nor when they are turned off.
export async function keys(office) {
  const found = [];
  const person = await office.person("office-000000");
  const { page } = person;
  const stays = async (deed, what) => {
    const before = page.url();
    await deed();
    // Whatever would have been asked for is under way now; the page answers first.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    if (page.url() !== before) found.push(`${what} leads to ${page.url()}`);
  };
  await person.goto("/q?show=all");
  await person.follow(() => person.press("?"));
  if (!page.url().endsWith("/help/keys")) found.push(`? leads to ${page.url()}`);
  await person.press("g");
  await person.follow(() => person.press("i"));
  if (!page.url().endsWith("/q")) found.push(`g i leads to ${page.url()}`);
  await person.press("/");
  if ((await person.focused()).id !== "find") found.push("/ does not lead to the search");
  await stays(async () => {
    await person.type("gi");
    for (const key of ["g", "i", "?"]) await person.press(key);
  }, "typing");
  if (!(await page.locator("#find").inputValue()).endsWith("gi?")) found.push("letters do not reach the field");
  await page.locator("body").evaluate(() => document.activeElement.blur());
  for (const key of ["Control+?", "Alt+?", "Meta+?"]) await stays(() => person.press(key), key);
  await stays(
    () => page.evaluate(() => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "?", isComposing: true, bubbles: true }))),
    "an input method",
  );
  // Turned off in one's own account.
  await person.goto("/me");
  await stays(() => person.press("?"), "a key on one's own page");
  await person.follow(() => page.locator('#keys button').click());
  await person.goto("/q");
  await stays(() => person.press("?"), "a key that is off");
  await person.goto("/me");
  await person.follow(() => page.locator('#keys button').click());
  await person.leave();
  return found;
}

// One look at a case with pictures is one event that names them.
export async function oneLook(office) {
  const found = [];
  const [analyst, auditor] = [await office.person("office-000000"), await office.person("auditor")];
  const number = await caseWithPictures(office, analyst);
  if (!number) return ["no sample has a picture"];
  const counted = async (kind) => {
    await auditor.goto(`/audit?case=${number}&kind=${kind}`);
    return Number(/\/ (\d+)/.exec(await auditor.page.locator(".pager").first().innerText())?.[1]);
  };
  const before = [await counted("CASE_VIEWED"), await counted("ATTACHMENT_VIEWED")];
  await analyst.goto(`/c/${number}`);
  await analyst.page.locator("img.preview").first().scrollIntoViewIfNeeded();
  await analyst.page.waitForFunction(() => [...document.querySelectorAll("img.preview")].some((one) => one.complete && one.naturalWidth > 0));
  const after = [await counted("CASE_VIEWED"), await counted("ATTACHMENT_VIEWED")];
  if (after[0] !== before[0] + 1 || after[1] !== before[1]) found.push(`from ${before} to ${after}`);
  await auditor.goto(`/audit?case=${number}&kind=CASE_VIEWED`);
  const newest = await auditor.page.locator("tbody tr").first().innerText();
  const item = /files\/([0-9A-Z]{26})/.exec(await analyst.page.locator("img.preview").first().getAttribute("src"))[1];
  if (!newest.includes(item)) found.push(`the copy is not named: ${newest}`);
  for (const person of [analyst, auditor]) await person.leave();
  return found;
}

export async function caseWithPictures(office, analyst) {
  for (const { case: number } of office.told.samples.filter((sample) => sample.case)) {
    await analyst.goto(`/c/${number}`);
    if (await analyst.page.locator("img.preview").count()) return number;
  }
  return null;
}

// Some cases are chosen with x, the button says how many, the next page says it again, and only then it is done; without
// scripts the same is done with the boxes.
export async function several(office, shot) {
  const found = [];
  const person = await office.person("office-000000");
  const { page } = person;
  await person.goto("/q?show=all&order=newest");
  for (const key of ["j", "x", "j", "x", "j", "x", "x"]) await person.press(key);
  const button = page.locator('#many button[value="star"]');
  if (!(await button.innerText()).includes("2 条")) found.push(`the button says: ${await button.innerText()}`);
  await shot(person, "inbox-chosen");
  await person.follow(() => person.press("s"));
  const heading = await page.locator("h1").innerText();
  if (!heading.includes("2 条")) found.push(`the page says: ${heading}`);
  await person.to((one) => one.tag === "BUTTON" && one.text.startsWith("标记"), "the button of the page");
  await person.follow(() => person.press("Enter"));
  if (!(await page.locator(".done").innerText()).includes("已办 2 条")) found.push(await page.locator("main").innerText());
  const back = await page.locator("main a").last().getAttribute("href");
  if (back !== "/q?show=all&order=newest") found.push(`back leads to ${back}`);
  const plain = await office.person("office-000000", { scripts: false, width: 360 });
  await plain.goto("/q?show=starred");
  const boxes = plain.page.locator("#many [data-row] input[type=checkbox]");
  if ((await boxes.count()) !== 2) found.push(`${await boxes.count()} are marked`);
  await plain.follow(() => plain.page.locator('#many a[href*="choose=all"]').click());
  await plain.follow(() => plain.page.locator('#many button[value="unstar"]').click());
  await plain.follow(() => plain.page.locator("main form button").click());
  await plain.goto("/q?show=starred");
  if (await boxes.count()) found.push("the marks are still there");
  for (const one of [person, plain]) await one.leave();
  return found;
}

// What is chosen in one browser is there in the next.
export async function columns(office) {
  const found = [];
  const [first, second] = [await office.person("office-000000", { scripts: false }), await office.person("office-000000")];
  const heads = async ({ page }) => (await page.locator(".cases thead th").allInnerTexts()).map((text) => text.split(/\s/)[0]);
  await first.goto("/q?show=all");
  const all = await heads(first);
  await first.page.locator("details.columns summary").click();
  for (const code of ["files", "identity", "accepted"]) await first.page.locator(`[name="column_${code}"]`).uncheck();
  await first.follow(() => first.page.locator('button[value="columns"]').click());
  if (!first.page.url().endsWith("/q?show=all")) found.push(`it leads to ${first.page.url()}`);
  await second.goto("/q?show=all");
  const fewer = await heads(second);
  if (fewer.join() !== all.filter((head) => !["附件", "实名", "接收"].includes(head)).join()) found.push(`${all} became ${fewer}`);
  await second.page.locator("details.columns summary").click();
  await second.follow(() => second.page.locator('button[value="columns_default"]').click());
  await first.goto("/q");
  if ((await heads(first)).join() !== all.join()) found.push("they do not come back");
  for (const one of [first, second]) await one.leave();
  return found;
}
