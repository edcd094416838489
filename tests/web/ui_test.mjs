// The dashboard in a real browser, over the real server with an invented cluster (weir_web_demo).
//   node ui_test.mjs DEMO_BINARY UI_DIR [SCREENSHOT_DIR]
// Needs chromium (CHROMIUM, default /usr/bin/chromium) and playwright-core in UI_DIR/node_modules. Exit 77: no chromium here.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const [demoBinary, uiDir, shots] = process.argv.slice(2);
const require = createRequire(resolve(uiDir, 'package.json'));
const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(chromiumPath)) {
  console.log(`no ${chromiumPath}: apt-get install chromium`);
  process.exit(77);
}
const { chromium } = require('playwright-core');
const axeSource = require.resolve('axe-core/axe.min.js');

async function startDemo(...args) {
  const process_ = spawn(demoBinary, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const line = await new Promise((done, reject) => {
    createInterface({ input: process_.stdout }).once('line', done);
    process_.once('exit', (code) => reject(new Error(`demo ended with ${code}`)));
  });
  return { url: JSON.parse(line).http, say: (text) => process_.stdin.write(text + '\n'), stop: () => new Promise((r) => { process_.once('exit', r); process_.stdin.end('quit\n'); }) };
}

const profile = mkdtempSync(join(tmpdir(), 'weir-ui-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: chromiumPath, headless: true, viewport: { width: 1440, height: 900 }, colorScheme: 'light', locale: 'en-GB',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
let failures = 0;
async function test(name, body) {
  const started = Date.now();
  try {
    await body();
    console.log(`ok   ${name} (${Date.now() - started} ms)`);
  } catch (error) {
    failures++;
    console.log(`FAIL ${name}\n${error.stack}`);
  }
}

const problems = [], foreign = [];
let own = '';
async function open(demo, path) {
  own = demo.url;
  const page = await context.newPage();
  page.on('console', (m) => { if (m.type() === 'error') problems.push(m.text()); });
  page.on('pageerror', (e) => problems.push(String(e)));
  page.on('request', (r) => { if (!r.url().startsWith(own) && !r.url().startsWith('data:')) foreign.push(r.url()); });
  page.on('websocket', (w) => { if (!w.url().startsWith(own.replace('http', 'ws'))) foreign.push(w.url()); });
  await page.goto(demo.url + path);
  return page;
}
const points = (page) => page.$$eval('[data-chart]', (charts) => charts.map((c) => [c.dataset.chart, Number(c.dataset.points)]));
const stats = (page) => page.evaluate(() => ({ ...window.weir.wire, rows: window.weir.series.rows }));
const violations = async (page) => {
  await page.addScriptTag({ path: axeSource }).catch(() => {});  // our CSP refuses it as an inline script; then it is put in by evaluate
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate((await import('node:fs')).readFileSync(axeSource, 'utf8'));
  return page.evaluate(async () => (await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag22aa'] })).violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(' | ')}`));
};

const demo = await startDemo('--calm');
await test('the wall draws its charts and gets points as windows close', async () => {
  const page = await open(demo, '/');
  await page.waitForSelector('[data-chart] canvas');
  const charts = await points(page);
  assert.ok(charts.length >= 6, `six charts, got ${charts}`);
  for (const [name, count] of charts) assert.ok(count > 50, `${name} has ${count} points`);
  const painted = await page.$eval('[data-chart] canvas', (c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v !== 0));
  assert.ok(painted, 'something is on the canvas');
  const rows = (await stats(page)).rows;
  await page.waitForFunction((n) => window.weir.series.rows > n, rows, { timeout: 15000 });
  assert.match(await page.textContent('.health'), /All \d+ partitions are in sync on 3 nodes/);
  assert.match(await page.textContent('[data-kpi=Requests] .value'), /\d/);
  await page.close();
});
await test('a result row reaches the page at once', async () => {
  const page = await open(demo, '/');
  await page.waitForSelector('[data-chart] canvas');
  const delays = [];
  for (let i = 0; i < 5; i++) {
    const rows = (await stats(page)).rows;
    const begun = Date.now();
    demo.say('row');
    await page.waitForFunction((n) => window.weir.series.rows > n, rows, { polling: 2, timeout: 15000 });
    delays.push(Date.now() - begun);
  }
  delays.sort((a, b) => a - b);
  console.log(`     pushed row to page: median ${delays[2]} ms, worst ${delays[4]} ms`);
  assert.ok(delays[2] < 1000, `median ${delays[2]} ms`);
  await page.close();
});
await test('a lost connection comes back and resumes without a new snapshot', async () => {
  const page = await open(demo, '/');
  await page.waitForSelector('[data-chart] canvas');
  await page.waitForFunction(() => window.weir.wire.snapshots >= 3);
  const before = await stats(page);
  await page.evaluate(() => window.weir.drop());
  await page.waitForSelector('.connection.reconnecting');
  await page.waitForSelector('.connection.live');
  await page.waitForFunction((n) => window.weir.wire.deltas > n + 2, before.deltas, { timeout: 15000 });
  const after = await stats(page);
  assert.equal(after.opened, before.opened + 1);
  assert.ok(after.resumes >= 3, 'asked to resume');
  assert.equal(after.snapshots, before.snapshots, 'only deltas came');
  assert.equal(after.gaps, 0);
  await page.close();
});
await test('the replication lens shows a node leave and come back', async () => {
  const page = await open(demo, '/replication');
  await page.waitForSelector('.lens');
  assert.equal(await page.$$eval('.lens.u', (l) => l.length), 0);
  demo.say('kill 2');
  await page.waitForSelector('.lens.u', { timeout: 15000 });
  await page.waitForFunction(() => [...document.querySelectorAll('.events li')].some((l) => /Node 2 is down/.test(l.textContent)));
  await page.getByLabel('Only under-replicated').check();
  assert.match(page.url(), /only=urp/);
  demo.say('start 2');
  await page.waitForFunction(() => !document.querySelector('.lens.u'), null, { timeout: 15000 });
  await page.close();
});
await test('tables filter, sort and keep both in the URL', async () => {
  const page = await open(demo, '/topics');
  await page.waitForSelector('tbody tr');
  await page.keyboard.press('/');
  await page.keyboard.type('orders');
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  assert.match(page.url(), /q=orders/);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Size' }).click();
  assert.match(page.url(), /sort=-size/);
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  await page.click('tbody a');
  await page.waitForSelector('.lens');
  assert.match(page.url(), /\/topics\/orders$/);
  await page.keyboard.press('g');
  await page.keyboard.press('j');
  await page.waitForSelector('text=web_metrics');
  assert.match(page.url(), /\/jobs$/);
  await page.keyboard.press('?');
  await page.waitForSelector('[role=dialog]');
  await page.close();
});
await test('no page has an accessibility error (axe, WCAG 2.2 AA) or is wider than its window', async () => {
  for (const scheme of ['light', 'dark']) {
    for (const path of ['/', '/cluster', '/replication', '/topics', '/topics/orders', '/groups', '/groups/billing', '/jobs', '/jobs/web_metrics']) {
      const page = await open(demo, path);
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.waitForSelector('.panel, tbody tr, .lens');
      await page.waitForTimeout(300);
      assert.deepEqual(await violations(page), [], `${scheme} ${path}`);
      if (shots) await page.screenshot({ path: join(shots, `${scheme}${path.replaceAll('/', '_')}.png`) });
      for (const width of [390, 1024, 2560]) {
        await page.setViewportSize({ width, height: 900 });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(over <= 0, `${path} is ${over} px too wide at ${width}`);
      }
      await page.close();
    }
  }
});
await demo.stop();

const empty = await startDemo('--empty');
await test('empty pages say what to type', async () => {
  for (const [path, command] of [['/', 'weir sql -f'], ['/replication', 'kcat -b'], ['/topics', 'kcat -b'], ['/groups', 'kcat -b'], ['/jobs', 'weir sql -f']]) {
    const page = await open(empty, path);
    await page.waitForSelector('.empty .command');
    const commands = await page.$$eval('.empty .command code', (codes) => codes.map((c) => c.textContent));
    assert.match(commands.join('\n'), new RegExp(command));
    if (shots) await page.screenshot({ path: join(shots, `empty${path.replaceAll('/', '_')}.png`) });
    await page.close();
  }
});
await empty.stop();

await test('nothing was asked of another host, and the console is clean', async () => {
  assert.deepEqual(foreign, []);
  // Chromium itself reports the refused script of axe and the socket that the test closed.
  assert.deepEqual(problems.filter((p) => !/Content Security Policy|Refused to execute|WebSocket connection to|ERR_CONNECTION_REFUSED/.test(p)), []);
});

await context.close();
rmSync(profile, { recursive: true, force: true });
process.exit(failures ? 1 : 0);
