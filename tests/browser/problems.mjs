// The pages for whatever stands in the way, each caused at the gateway itself: a closed flow, a full disk, keys that have
// ended, a source that asks too often, a form from elsewhere, attachments that are gone. What was typed must still be there.

import { once } from "node:events";
import { connect } from "node:http2";

import { TYPED, walkTo } from "./states.mjs";

// Walks through all of them in a tab without scripts and leaves the site as it was; `visit` is called on each page.
export async function walkProblems({ tab, site, flows, files, check, visit }) {
  const { page } = tab;
  const origin = site.address;
  const hasFiles = (one) => one.id === "attachments" || one.id === "files";
  const flow = flows.find(({ pages }) => pages.some(hasFiles));
  const attachments = flow.pages.find(hasFiles).id;
  const last = flow.pages.at(-1).id;
  const holdsText = async () => ((await page.locator(`main :text("${TYPED}")`).count()) ? [] : ["what was typed is not on the page"]);
  const carriesText = async () => {
    const carried = await page.locator('input[type="hidden"][name="facts.title"]').inputValue();
    return carried === TYPED ? [] : [`carried: ${carried}`];
  };
  const expect = (status, wanted) => {
    if (status !== wanted) throw new Error(`${status} instead of ${wanted}`);
  };
  // The gateway with other settings, for as long as it takes.
  const meanwhile = (changes, body) => async () => {
    await site.restart(changes);
    try {
      return await body();
    } finally {
      await site.restart({});
    }
  };

  await check("a picture that is too large is refused beside what stays", async () => {
    await walkTo(tab, origin, flow, attachments);
    await page.locator('input[type="file"]').setInputFiles([files.photo, files.large]);
    expect(await tab.press("add"), 413);
    await visit("problem-file-too-large", { error: "fields" });
    if ((await page.locator(".added li").count()) !== 1) return ["the other one is gone"];
    return await carriesText();
  });

  await check("attachments that are gone are asked for again, and the text stays", async () => {
    if (site.loseAttachments() < 1) return ["there was none to lose"];
    // It is noticed where everything is checked, at the latest.
    let status = 200;
    while (status === 200) status = await tab.press((await page.locator('button[value="next"]').count()) ? "next" : "send");
    expect(status, 422);
    await visit("problem-add-again", { error: "fields" });
    return await carriesText();
  });

  await check("Back leads to a page that the browser asks for again, and nothing is lost", async () => {
    await walkTo(tab, origin, flow, last);
    // Nothing of a page is kept by the browser (`no-store`), so it asks whether to send the form again.
    await page.goBack().catch((error) => {
      if (!error.message.includes("ERR_CACHE_MISS")) throw error;
    });
    await page.waitForURL("chrome-error://chromewebdata/");
    await page.reload();
    const before = flow.pages.at(-2).id;
    const stands = new URL(page.url()).pathname;
    if (!stands.endsWith(`/${before}`) && !stands.endsWith(`/${flow.pages.at(-3).id}`)) return [`it stands on ${stands}`];
    return await carriesText();
  });

  await check("a full disk keeps what was typed, and the next press sends it", async () => {
    await walkTo(tab, origin, flow, last);
    await page.locator('main [name="declaration.truthful"]').check();
    site.fillDisk();
    try {
      expect(await tab.press("send"), 503);
      await visit("problem-busy", { error: "fields" });
      if (!(await page.locator(".summary h2").innerText()).includes("还没有收下")) return ["it asks to mend something"];
      const gone = await holdsText();
      if (gone.length) return gone;
    } finally {
      site.freeDisk();
    }
    expect(await tab.press("send"), 200);
    return (await page.locator("#number").count()) ? [] : ["no number"];
  });

  await check("keys that have ended close the service and keep what was typed", async () => {
    await walkTo(tab, origin, flow, last);
    await page.locator('main [name="declaration.truthful"]').check();
    return await meanwhile({ later: "+400d" }, async () => {
      // A page that has become too old is shown again first.
      expect(await tab.press("send"), 422);
      await visit("problem-too-old", { error: "fields" });
      expect(await tab.press("send"), 503);
      await visit("problem-closed", { error: "fields" });
      return await holdsText();
    })();
  });

  const isClosed = `[[open]]\nwhat = "${flow.code}"\nuntil = "2020"\n`;
  await check("a flow that is closed says so, on its page and where it is chosen", meanwhile({ tables: isClosed }, async () => {
    expect(await tab.open(`${origin}/`), 200);
    await visit("start-closed", {});
    expect(await tab.open(`${origin}/report/${flow.slug}/${flow.pages[0].id}`), 403);
    await visit("problem-403", { error: "problem" });
  }));

  await check("a form from another site's page is not taken", async () => {
    await page.goto("about:blank");
    await page.setContent(`<form method=post action="${origin}/report/${flow.slug}/${last}"><button name=do value=send>x</button></form>`);
    expect(await tab.press("send"), 400);
    await visit("problem-cross-site", { error: "problem" });
  });

  await check("a form that is too long is told so", async () => {
    await walkTo(tab, origin, flow, attachments);
    await tab.ask((length) => {
      document.querySelector('input[type="hidden"][name="facts.narrative"]').value = "长".repeat(length);
    }, 400_000);
    expect(await tab.press("next"), 413);
    await visit("problem-413", { error: "problem" });
  });

  await check("who asks too often is told when to come back", meanwhile({ settings: "forwarders = []" }, async () => {
    const status = await askUntilRefused(origin);
    expect(status, 429);
    expect(await tab.open(`${origin}/`), 429);
    await visit("problem-429", { error: "problem" });
  }));
}

// Asks for a list of places over one connection until it is refused, or has asked far more often than anybody may. Then for
// the way out, which is always given and always counted, so often that what was used up is not earned back for a while.
async function askUntilRefused(origin) {
  const session = connect(origin, { rejectUnauthorized: false });
  const ask = async (head, body) => {
    const stream = session.request(head);
    stream.end(body);
    const [answer] = await once(stream, "response");
    stream.resume();
    await once(stream, "close");
    return answer[":status"];
  };
  const places = { ":method": "POST", ":path": "/places", "content-type": "application/x-www-form-urlencoded", origin };
  const together = async (one) => Math.max(...(await Promise.all(Array.from({ length: 16 }, one))));
  try {
    let status = 200;
    for (let asked = 0; asked < 4_000 && status === 200; asked += 16) status = await together(() => ask(places, "code=150000"));
    for (let asked = 0; asked < 2_000; asked += 16) await together(() => ask({ ":path": "/exit" }));
    return status;
  } finally {
    session.close();
  }
}
