// Looks at pages in Chromium: browse.mjs PAGES SCREENSHOTS BROWSER. Writes what it found as JSON to its output; who started it judges.
import {createServer} from "node:http";
import {readFileSync, readdirSync, mkdirSync} from "node:fs";
import {createRequire} from "node:module";
import {chromium} from "playwright-core";

const [pages, screenshots, executablePath] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const names = readdirSync(pages).filter(file => file.endsWith(".html")).map(file => file.slice(0, -5)).sort();
mkdirSync(screenshots, {recursive: true});

// `/live` is the page that `shown` names at the moment; who listens at `/events` is told when that changes.
let shown = "during";
const listeners = new Set();
const server = createServer((request, response) => {
  const name = request.url.slice(1).replace(".html", "");
  if (name === "events") {
    response.writeHead(200, {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"});
    response.write(": hello\n\n");
    listeners.add(response);
    request.on("close", () => listeners.delete(response));
    return;
  }
  if (request.method === "POST") {
    let body = "";
    request.on("data", piece => body += piece);
    request.on("end", () => {
      posted.push({to: request.url, fields: [...new URLSearchParams(body)]});
      show(response, answers[name]);
    });
    return;
  }
  show(response, name === "live" ? shown : name);
});
// What the server answers to forms, and what was posted.
const answers = {subscribe: "subscribe-asked", "subscribe-mistake": "subscribe-asked", "subscribe-confirm": "subscribe-confirmed", "subscribe-manage": "subscribe-manage",
                 "subscribe-unsubscribe": "subscribe-unsubscribed"};
const posted = [];

function show(response, page) {
  if (!names.includes(page)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": readFileSync(`${pages}/${page}.csp`, "utf8")});
  response.end(readFileSync(`${pages}/${page}.html`));
}
await new Promise(resolve => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await chromium.launch({executablePath, args: ["--no-sandbox", "--disable-gpu"]});
const sizes = {desktop: {width: 1200, height: 900}, phone: {width: 390, height: 844}};
const found = {violations: [], complaints: [], requests: {}, wide: [], texts: {}, forms: {}};

async function visit(options, name, look) {
  const context = await browser.newContext({locale: "en", reducedMotion: "reduce", ...options});
  const page = await context.newPage();
  const label = `${name} ${options.colorScheme ?? ""} ${options.viewport?.width ?? ""}`;
  const requests = [];
  page.on("console", message => ["error", "warning"].includes(message.type()) && found.complaints.push(`${label}: ${message.text()}`));
  page.on("pageerror", error => found.complaints.push(`${label}: ${error}`));
  page.on("request", request => requests.push(request.url().replace(origin, "")));
  await page.goto(`${origin}/${name}`, {waitUntil: "load"});
  await look(page, requests, context);
  await context.close();
}

// Everything that can be read, whether a script runs or not.
const text = page => page.evaluate(() => document.body.innerText.replace(/\s+/g, " ").trim());

// What is looked at in which light and size: the languages differ in their words alone, and what is on other pages is on these.
const everywhere = ["during", "dressed", "incident", "month", "feeds", "nothing", "subscribe-both", "subscribe-mistake", "subscribe-manage", "subscribe-confirmed"];
const rounds = [
  {size: "desktop", colorScheme: "light", of: names},
  {size: "desktop", colorScheme: "dark", of: everywhere},
  {size: "phone", colorScheme: "light", of: everywhere.concat("de")},
  {size: "phone", colorScheme: "dark", of: ["during"]},
];
for (const {size, colorScheme, of} of rounds) {
  for (const name of of) {
    await visit({viewport: sizes[size], colorScheme}, name, async (page, requests) => {
      found.requests[name] = requests.filter(url => url !== "/events");
      found.texts[name] ??= {with: await text(page)};
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.wide.push(`${name} ${size}`);
      if (name === "large") return;
      await page.screenshot({path: `${screenshots}/${name}-${size}-${colorScheme}.png`, fullPage: true});
      // By the driver, which the page's policy does not bind: in the page, nobody could add a script.
      await page.evaluate(axe);
      const result = await page.evaluate(() => axe.run(document, {resultTypes: ["violations"]}));
      for (const one of result.violations) {
        found.violations.push(`${name} ${size} ${colorScheme}: ${one.id}: ` + one.nodes.slice(0, 3).map(node => `${node.html.slice(0, 200)} ${node.failureSummary}`).join(" | "));
      }
    });
  }
}

for (const name of names) {
  await visit({viewport: sizes.desktop, javaScriptEnabled: false}, name, async page => {
    found.texts[name].without = (await page.locator("body").innerText()).replace(/\s+/g, " ").trim();
  });
}

// With the keyboard alone: days with an outage are reached, and say what was.
await visit({viewport: sizes.desktop, colorScheme: "light"}, "during", async page => {
  const days = page.locator("#component-website .days li");
  await days.first().focus();
  found.focused = await page.evaluate(() => ({text: document.activeElement.innerText, opacity: getComputedStyle(document.activeElement.firstElementChild).opacity}));
  await page.screenshot({path: `${screenshots}/day-desktop-light.png`});
  await page.keyboard.press("Tab");
  found.second = await page.evaluate(() => document.activeElement.innerText);
});

// What changes is shown without a reload, and what was opened stays open.
await visit({viewport: sizes.desktop, colorScheme: "light"}, "live", async page => {
  const state = page.locator("#overall");
  const closed = page.locator("details.group:not([open]) > summary");
  found.live = {before: await state.innerText()};
  await closed.click();
  await page.evaluate(() => { window.sameDocument = true; });
  while (listeners.size === 0) await page.waitForTimeout(20);
  shown = "after";
  for (const listener of listeners) listener.write("event: changed\ndata: 1\n\n");
  await page.waitForFunction(was => document.getElementById("overall").innerText !== was, found.live.before);
  found.live.after = await state.innerText();
  found.live.announced = await page.locator("#announcement").textContent();
  found.live.open = await page.locator("details.group:not([open])").count() === 0;
  found.live.same = await page.evaluate(() => window.sameDocument === true);
});

// Who subscribes does it by keyboard, without a script: from the form to its answer.
const noScript = {viewport: sizes.phone, javaScriptEnabled: false};
for (const [name, fill] of [
  ["subscribe", async page => { await page.locator("#address").fill("reader@example.org"); await page.keyboard.press("Enter"); }],
  ["subscribe-confirm", async page => { await page.locator("button").focus(); await page.keyboard.press("Enter"); }],
  ["subscribe-manage", async page => {
    await page.locator("input[value=api]").focus();
    await page.keyboard.press("Space");
    await page.locator("input[value=website]").focus();
    await page.keyboard.press("Space");
    await page.locator("button").focus();
    await page.keyboard.press("Enter");
  }],
  ["subscribe-unsubscribe", async page => { await page.locator("button").focus(); await page.keyboard.press("Enter"); }],
]) {
  await visit(noScript, name, async page => {
    const before = posted.length;
    const answered = page.waitForResponse(response => response.request().method() === "POST");
    await fill(page);
    await answered;
    await page.waitForLoadState("load");
    found.forms[name] = {sent: posted.slice(before), answer: (await page.locator("body").innerText()).replace(/\s+/g, " ").trim()};
  });
}
// What the browser itself finds wrong is not sent.
await visit({viewport: sizes.desktop, javaScriptEnabled: false}, "subscribe-mistake", async page => {
  const before = posted.length;
  found.forms.refilled = await page.locator("#address").inputValue();
  await page.locator("#address").press("Enter");
  found.forms.invalid = await page.locator("#address:invalid").count() === 1 && posted.length === before;
});

await browser.close();
server.close();
server.closeAllConnections();
process.stdout.write(JSON.stringify(found));
