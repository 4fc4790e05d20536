// Reads a served page in Chromium: served.mjs PAGE LOCKED PASSWORD SCREENSHOTS BROWSER. Says `it is well` once the page is open, waits until it shows an outage, then opens the locked page.
// Writes what it found as JSON to its output; who started it judges.
import {readFileSync, mkdirSync} from "node:fs";
import {createRequire} from "node:module";
import {chromium} from "playwright-core";

const [url, locked, password, screenshots, executablePath] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const patience = 120_000;
mkdirSync(screenshots, {recursive: true});

const browser = await chromium.launch({executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]});
const found = {complaints: [], violations: []};

async function open(address) {
  const context = await browser.newContext({locale: "en", reducedMotion: "reduce", bypassCSP: false});
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  // A refused password is a 403, which the browser tells as an error of the network.
  page.on("console", message => ["error", "warning"].includes(message.type()) && !message.text().includes("403") && found.complaints.push(message.text()));
  page.on("pageerror", error => found.complaints.push(String(error)));
  let loads = 0;
  page.on("load", () => ++loads);
  await page.goto(address, {waitUntil: "load"});
  return {page, text: () => page.evaluate(() => document.body.innerText), loads: () => loads};
}

// In a world of its own, which the page's policy does not bind.
async function inspect(page, name) {
  await page.screenshot({path: `${screenshots}/${name}.png`, fullPage: true});
  const session = await page.context().newCDPSession(page);
  const {frameTree} = await session.send("Page.getFrameTree");
  const {executionContextId} = await session.send("Page.createIsolatedWorld", {frameId: frameTree.frame.id});
  await session.send("Runtime.evaluate", {expression: axe, contextId: executionContextId});
  const {result} = await session.send("Runtime.evaluate", {
    expression: "axe.run().then(found => JSON.stringify(found.violations.map(one => one.id + ': ' + one.nodes.map(node => node.html).join(' '))))",
    contextId: executionContextId, awaitPromise: true, returnByValue: true});
  for (const violation of JSON.parse(result.value)) found.violations.push(`${name}: ${violation}`);
}

const reader = await open(url);
await reader.page.waitForFunction(() => document.body.innerText.includes("All systems operational"));
await inspect(reader.page, "well");
console.log("it is well");
await reader.page.waitForFunction(() => document.body.innerText.includes("Major outage"));
found.changed = await reader.text();
found.loads = reader.loads();
await inspect(reader.page, "outage");

const guest = await open(locked);
found.asked = await guest.text();
await inspect(guest.page, "asked");
for (const [attempt, name] of [["another password", "refused"], [password, "opened"]]) {
  await guest.page.fill("#password", attempt);
  await Promise.all([guest.page.waitForNavigation({waitUntil: "load"}), guest.page.click("button")]);
  found[name] = await guest.text();
}
await browser.close();
console.log(JSON.stringify(found));
