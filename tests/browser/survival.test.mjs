// @ts-check
/** A thousand events through everything that can happen to a page: each is stored, and once. It starts an Okyaku of its own (OKYAKU_BIN). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, readlink, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EVENTS, PLUGIN_KEY, boot, launchOn, openShop, storedEvents, until } from './support.mjs';

const BINARY = process.env.OKYAKU_BIN || fileURLToPath(new URL('../../target/debug/okyaku', import.meta.url));
const OPTION = { pluginKey: PLUGIN_KEY, trackDefaultEvent: false };

/** @typedef {import('playwright-core').Page} Page */
let folder = '';
let okyaku = '';
/** @type {import('node:child_process').ChildProcess | undefined} */
let server;
/** @type {Awaited<ReturnType<typeof openShop>>} */
let shop;
/** @type {import('playwright-core').BrowserContext | undefined} */
let browser;
let tracked = 0;

async function startServer() {
  const { port } = new URL(okyaku);
  server = spawn(BINARY, ['--data', join(folder, 'data'), '--port', port], { stdio: 'ignore' });
  const failed = new Promise((_, fail) => server?.on('error', (cause) => fail(new Error(`${BINARY}: cargo build, or OKYAKU_BIN`, { cause }))));
  await Promise.race([failed, until(() => fetch(`${okyaku}/okyaku.js`).then((reply) => reply.text(), () => ''), 'the server answers')]);
}

/** As a power cut would. */
async function killServer() {
  const gone = new Promise((done) => server?.once('exit', done));
  server?.kill('SIGKILL');
  await gone;
}

async function openTab() {
  const page = await /** @type {import('playwright-core').BrowserContext} */ (browser).newPage();
  await page.goto(shop.url);
  return page;
}

/** Tracks `count` events with the next numbers. @param {Page} page @param {number} count */
async function track(page, count) {
  await page.evaluate(([from, to]) => {
    for (let n = from; n < to; n++) ChannelIO('track', 'Survive', { n });
  }, [tracked, tracked + count]);
  tracked += count;
}

/** How many events the browser has written to the disk, which it does some seconds after the page. */
async function onDisk() {
  const leveldb = join(folder, 'profile/Default/Local Storage/leveldb');
  const names = (await readdir(leveldb)).filter((name) => name.endsWith('.log'));
  const logs = await Promise.all(names.map((name) => readFile(join(leveldb, name), 'latin1')));
  return new Set(logs.join('').match(/ok-queue:[0-9a-f]{32}:[0-9a-f]{32}/g)).size;
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'okyaku-survival-'));
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => probe.once('listening', done));
  okyaku = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (probe.address()).port}`;
  await new Promise((done) => probe.close(done));
  await startServer();
  // From the shop itself, as a browser's cache would give it while Okyaku is down.
  const body = await (await fetch(`${okyaku}/okyaku.js`)).text();
  shop = await openShop({
    '/': `<!doctype html><title>Shop</title><script>OKYAKU_API = '${okyaku}'</script><script src="/okyaku.js"></script>`,
    '/okyaku.js': { type: 'text/javascript', body },
  });
});
after(async () => {
  await browser?.close();
  server?.kill('SIGKILL');
  shop?.close();
  await rm(folder, { recursive: true, force: true });
});

it('loses none of a thousand events, and stores none twice', { timeout: 120_000 }, async () => {
  // A browser is killed with 200 events in two tabs, half of them from before the boot was answered.
  browser = await launchOn(join(folder, 'profile'));
  let [a, b] = [await openTab(), await openTab()];
  const { id } = await boot(a, OPTION);
  await browser.setOffline(true);
  await track(a, 100);
  await track(b, 50);
  await b.evaluate((option) => ChannelIO('boot', option), OPTION);
  await track(b, 50);
  // The log is cut into blocks, so that some keys are not seen in one piece.
  await until(async () => (await onDisk()) >= 195, 'the browser has written the events', 20);
  const gone = new Promise((done) => browser?.once('close', done));
  const [, pid] = (await readlink(join(folder, 'profile/SingletonLock'))).match(/-(\d+)$/) || [];
  process.kill(Number(pid), 'SIGKILL');
  await gone;
  assert.equal((await storedEvents(id, okyaku)).length, 0);

  // On the same profile the next tabs take them over. The server is killed while events flow.
  browser = await launchOn(join(folder, 'profile'));
  [a, b] = [await openTab(), await openTab()];
  assert.equal((await boot(a, OPTION)).id, id, 'the visitor is known');
  assert.equal((await boot(b, OPTION)).id, id);
  await track(a, 60);
  await track(b, 60);
  await new Promise((done) => setTimeout(done, 1_000));
  await track(a, 40);
  await track(b, 40);
  await killServer();
  await track(a, 50);
  await track(b, 50);

  // One tab is closed, another opened in vain and loaded again when the server is back.
  await a.close();
  let c = await openTab();
  await c.evaluate((option) => ChannelIO('boot', option), OPTION);
  await track(c, 100);
  await startServer();
  await track(b, 50);
  await c.reload();
  await boot(c, OPTION);
  await track(c, 50);

  // The network is cut, for one tab while its requests are answered to nobody.
  await b.route(EVENTS, async (route) => {
    await route.fetch();
    await route.abort('connectionreset');
  });
  await browser.setOffline(false);
  await track(b, 100);
  await new Promise((done) => setTimeout(done, 1_200));
  await browser.setOffline(true);
  await track(b, 50);
  await track(c, 50);
  await b.close({ runBeforeUnload: false });
  await browser.setOffline(false);

  // The last tabs leave with all they have.
  const d = await openTab();
  await boot(d, OPTION);
  await track(d, 50);
  await track(c, 50);
  await d.goto('about:blank');
  await c.reload();
  await boot(c, OPTION);
  assert.equal(tracked, 1_000);
  const numbers = async () => (await storedEvents(id, okyaku)).map((event) => event.property.n).sort((x, y) => x - y);
  await until(async () => new Set(await numbers()).size === 1_000, 'all are stored', 60).catch(() => {});
  assert.deepEqual(await numbers(), [...Array(1_000).keys()]);
  await until(() => c.evaluate(() => !Object.keys(localStorage).some((key) => key.startsWith('ok-queue:'))), 'nothing waits', 20);
});
