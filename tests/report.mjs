// Checks reports in Chromium: nothing runs but the page's own script, nothing is fetched, it is whole
// without that script, sorts and filters with it, and is readable on paper and by a screen reader.
// Called by report.sh with the browser and the folder of sample.html and hostile.html.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import axe from "axe-core";
import { chromium } from "playwright-core";

const [executablePath, folder] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
let checked = 0;
const check = (is, what) => {
  assert.ok(is, what);
  checked += 1;
};

/** Opens a report; whatever it says, asks or fetches is a fault. */
async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("dialog", (dialog) => (faults.push(dialog.message()), dialog.dismiss()));
  page.on("request", (request) => request.url().startsWith("file:") || faults.push(request.url()));
  await page.goto(`file://${folder}/${name}.html`);
  return { page, faults, close: () => context.close() };
}

async function readable(name, options) {
  const { page, close } = await open(name, { ...options, bypassCSP: true });
  // The rows are alike: a few of them are looked at, or it takes minutes.
  await page.evaluate(() => document.querySelectorAll("article:nth-of-type(n+4), tbody tr:nth-of-type(n+25)").forEach((one) => one.remove()));
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html).join(" ")}`);
  check(violations.length === 0, `${name} ${JSON.stringify(options)}: ${told.join("\n")}`);
  await close();
}

for (const name of ["sample", "hostile"]) {
  const { page, faults, close } = await open(name);
  check(faults.length === 0, `${name}: ${faults}`);
  check((await page.evaluate(() => window.pwned)) === undefined, `${name}: a text has run`);
  check((await page.locator("script").count()) === 1, `${name}: one script`);
  check((await page.locator("img, iframe, link, object, embed, [onerror], [onload]").count()) === 0, `${name}: foreign elements`);
  check(!/[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u001b]/.test(await page.content()), `${name}: raw control signs`);
  for (const landmark of ["banner", "navigation", "main", "contentinfo", "search"]) {
    check((await page.getByRole(landmark).count()) === 1, `${name}: one ${landmark}`);
  }
  const bare = await page.locator("table:not(:has(caption)), svg:not(:has(title)), th:not([scope])").count();
  check(bare === 0, `${name}: ${bare} tables, charts or headers without their words`);
  await page.setViewportSize({ width: 360, height: 700 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(wide <= 0, `${name}: ${wide} pixels wider than a telephone`);
  await close();
  for (const colorScheme of ["light", "dark"]) await readable(name, { colorScheme });
}

{
  const { page, close } = await open("sample", { javaScriptEnabled: false });
  const rows = page.locator("#query-table tbody tr");
  check((await rows.count()) > 100, "every query without script");
  check(await rows.last().isVisible(), "rows are seen without script");
  check(await page.locator("article").last().isVisible(), "lists are seen without script");
  check(!(await page.locator("#query-filter").isVisible()), "no filter that does nothing");
  for (const id of ["verdict", "metrics", "fates", "recall", "settings", "languages", "queries"]) {
    check((await page.locator(`#${id} h2`).count()) === 1, id);
  }
  check((await page.locator("#recall svg").count()) === 1 && (await page.locator("#recall td").count()) > 10, "curve and its numbers");
  check((await page.locator("#settings td.heat").count()) > 20, "heat map");
  check((await page.locator("#settings td.now").count()) >= 1, "the present setting is marked");
  const slopes = page.locator("article path.slope.gold");
  const drawn = await slopes.evaluateAll((paths) => paths.filter((path) => path.getTotalLength() > 0).length);
  check(drawn > 50, `golds in ${drawn} slope charts`);
  await close();
}

{
  const { page, close } = await open("sample");
  const rows = page.locator("#query-table tbody tr");
  const all = await rows.count();
  const column = async (at) => rows.evaluateAll((rows, at) => rows.map((row) => Number(row.cells[at].dataset.key)), at);
  const button = page.getByRole("button", { name: "nDCG@10 first" });
  await button.click();
  const up = await column(6);
  check(up.every((value, at) => at === 0 || up[at - 1] <= value), "sorted upwards");
  await button.click();
  const down = await column(6);
  check(down.every((value, at) => at === 0 || down[at - 1] >= value), "sorted downwards");
  check((await page.locator("th[aria-sort=descending]").count()) === 1, "said to a screen reader");
  const first = await rows.first().getAttribute("data-list");
  check((await page.locator("article").first().getAttribute("id")) === first, "the lists follow the table");

  const visible = () => rows.filter({ visible: true }).count();
  await page.getByRole("combobox").selectOption("ja");
  const japanese = await visible();
  check(japanese > 0 && japanese < all, "filtered by language");
  check((await page.locator("article").filter({ visible: true }).count()) === japanese, "their lists too");
  check((await page.locator("output").textContent()) === `${japanese} of ${all} queries`, "counted aloud");
  await page.getByRole("combobox").selectOption("");
  await page.getByRole("checkbox").check();
  const lost = await visible();
  check(lost > 0 && lost < all, "filtered by loss");
  await page.getByRole("checkbox").uncheck();
  await page.getByRole("searchbox").fill("no such words anywhere");
  check((await visible()) === 0, "filtered by words");
  await page.getByRole("searchbox").fill("");
  check((await visible()) === all, "and back");

  await page.emulateMedia({ media: "print" });
  check(!(await page.locator("nav").isVisible()) && !(await page.locator("#query-filter").isVisible()), "no controls on paper");
  const articles = await page.locator("article").count();
  check(articles > 100, "all of it is printed");
  // Columns too narrow for their words make a sheet of every row, and printing gives up.
  for (const landscape of [true, false]) {
    const paper = await page.pdf({ format: "A4", landscape, preferCSSPageSize: landscape });
    const sheets = paper.toString("latin1").match(/\/Type \/Page\b/g).length;
    check(paper.subarray(0, 5).toString() === "%PDF-" && sheets >= articles / 2, `printed on ${sheets} sheets`);
    check(sheets < 2.5 * articles, `${sheets} sheets of paper for ${articles} queries`);
  }
  await close();
}

if (process.env.SCREENSHOT) {
  const { page, close } = await open("sample", { viewport: { width: 1100, height: 1000 }, colorScheme: "light" });
  const article = page.locator("article").filter({ hasText: "rescued" }).filter({ has: page.locator("h3 [lang=en]") }).first();
  await article.evaluate((node) => node.scrollIntoView());
  await page.screenshot({ path: process.env.SCREENSHOT });
  await close();
}
check((await readFile(`${folder}/hostile.html`, "utf8")).includes("&lt;script&gt;"), "hostile texts are in it");
console.log(`report: ${checked} passed, 0 failed, in Chromium ${browser.version()}`);
await browser.close();
