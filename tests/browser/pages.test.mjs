// @ts-check
/** What real pages do with the script: shut down before each boot, live on several hosts, are fetched in advance, listen for
 * the boot, and load the script as Channel Talk's. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  boot, call, callBack, launch, memberOption, newVisitor, OKYAKU, openApi, PLUGIN_KEY, QUIET, stage, storedEvents, storedUser, unique, until,
} from './support.mjs';

describe('a page', () => {
  const { shop, visit } = stage({
    // The shape of Channel Talk's snippet: a stub that keeps its calls, and a script element with the plugin's path.
    '/snippet': `<!doctype html><title>Snippet</title><script>
      const stub = (...args) => stub.c(args);
      stub.q = [];
      stub.c = (args) => stub.q.push(args);
      window.ChannelIO = stub;
      addEventListener('DOMContentLoaded', () => {
        const script = Object.assign(document.createElement('script'), { async: true, src: '${OKYAKU}/plugin/ch-plugin-web.js' });
        document.head.append(script);
      });
      ChannelIO('boot', { pluginKey: '${PLUGIN_KEY}' }, (error, user) => (window.booted = user));
    </script>`,
  });

  it('that shuts down before each boot has one visitor', async () => {
    const { page } = await visit();
    const ids = new Set();
    for (let n = 0; n < 4; n++) {
      await page.goto(shop.url);
      await call(page, 'shutdown');
      ids.add((await boot(page)).id);
    }
    assert.equal(ids.size, 1);
    const [id] = ids;
    assert.equal((await storedUser(id)).sessionsCount, 1);
    // In one page too, and without waiting for an answer.
    const { page: other } = await visit();
    const users = await other.evaluate((pluginKey) => new Promise((done) => {
      const ChannelIO = /** @type {any} */ (window).ChannelIO;
      const found = /** @type {any[]} */ ([]);
      for (let n = 0; n < 3; n++) {
        ChannelIO('shutdown');
        ChannelIO('boot', { pluginKey }, (/** @type {any} */ _, /** @type {any} */ user) => found.push(user?.id) === 3 && done(found));
      }
    }), PLUGIN_KEY);
    assert.equal(new Set(users).size, 1, users.join());
  });

  it('of a member gives the member to nobody after the shutdown', async () => {
    const { page } = await visit();
    const visitor = await boot(page, QUIET);
    const member = await boot(page, { ...memberOption(unique('mina')), profile: { size: 'M' } });
    await call(page, 'shutdown');
    const next = await boot(page, QUIET);
    assert.ok(![visitor.id, member.id].includes(next.id), 'the visitor was linked to the member');
    assert.deepEqual(next.profile, {});
    await page.reload();
    assert.equal((await boot(page, QUIET)).id, next.id, 'and the next visitor stays');
  });

  it('that is fetched in advance counts when it is shown, and not before', async () => {
    const { page, context } = await visit('/bare');
    await context.addInitScript(() => {
      let prerendering = true;
      Object.defineProperty(document, 'prerendering', { configurable: true, get: () => prerendering });
      Object.assign(window, { show: () => (prerendering = false, document.dispatchEvent(new Event('prerenderingchange'))) });
    });
    const requests = /** @type {string[]} */ ([]);
    page.on('request', (request) => request.url().includes('/front/') && requests.push(request.url()));
    await page.goto(shop.url);
    await page.evaluate((pluginKey) => {
      const own = /** @type {any} */ (window);
      own.ChannelIO('boot', { pluginKey }, (/** @type {any} */ _, /** @type {any} */ user) => (own.booted = user));
      own.ChannelIO('track', 'Seen');
    }, PLUGIN_KEY);
    await new Promise((done) => setTimeout(done, 1_500));
    assert.deepEqual(requests, []);
    await page.evaluate(() => /** @type {any} */ (window).show());
    const { id } = await page.waitForFunction(() => /** @type {any} */ (window).booted).then((handle) => handle.jsonValue());
    await until(async () => (await storedEvents(id)).length === 2, 'both are stored');
    assert.deepEqual((await storedEvents(id)).map(({ name }) => name).sort(), ['PageView', 'Seen']);
  });

  it('hears of the boot and of no badge', async () => {
    const { page, warnings } = await visit();
    const heard = await page.evaluate((pluginKey) => new Promise((done) => {
      const ChannelIO = /** @type {any} */ (window).ChannelIO;
      const calls = /** @type {any[]} */ ([]);
      ChannelIO('onBoot', (/** @type {any} */ user) => calls.push(['early', typeof user.id]));
      ChannelIO('onBadgeChanged', (/** @type {any[]} */ ...badge) => calls.push(badge));
      ChannelIO('boot', { pluginKey }, () => setTimeout(() => {
        ChannelIO('onBoot', (/** @type {any} */ user) => calls.push(['late', typeof user.id]));
        ChannelIO('clearCallbacks');
        ChannelIO('onBoot', () => { throw new Error("the page's own"); });
        ChannelIO('clearCallbacks');
        ChannelIO('onBoot');
        ChannelIO('boot', { pluginKey }, () => setTimeout(() => done(calls)));
      }));
    }), PLUGIN_KEY);
    assert.deepEqual(heard, [['early', 'string'], [0, 0], ['late', 'string']]);
    assert.deepEqual(warnings, []);
  });

  it('may update nothing without a warning', async () => {
    const { page, warnings } = await visit();
    const { id } = await boot(page, QUIET);
    for (const nothing of [{}, undefined, null]) await call(page, 'updateUser', nothing);
    const { error, user } = await callBack(page, 'updateUser', {});
    assert.deepEqual([error, user.id], [null, id]);
    assert.deepEqual(warnings, []);
  });

  it('writes name and addresses beside the profile', async () => {
    const { page } = await visit();
    const { id } = await boot(page, QUIET);
    const { error, dropped } = await callBack(page, 'updateUser', { memberId: 'b4', name: 'Kim', profile: { mobileNumber: '010-1234-5678' } });
    assert.equal(error, null);
    assert.deepEqual(dropped.map((/** @type {any} */ { field }) => field), ['memberId']);
    assert.deepEqual((await storedUser(id)).profile, { name: 'Kim', mobileNumber: '+821012345678' });
  });

  it("may load the script by the path of Channel Talk's plugin", async () => {
    const { page } = await visit('/snippet');
    const { id } = await page.waitForFunction(() => /** @type {any} */ (window).booted).then((handle) => handle.jsonValue());
    await until(async () => (await storedEvents(id)).length === 1, 'its PageView is stored');
    assert.equal((await openApi('/plugin/ch-plugin-web.js', 'HEAD')).status, 200);
  });
});

describe('a shop on several hosts', () => {
  const { shop } = stage();
  /** @type {import('playwright-core').Browser} */
  let browser;
  before(async () => {
    browser = await launch('--host-resolver-rules=MAP *.localhost 127.0.0.1');
  });
  after(() => browser?.close());

  it('has one visitor', async () => {
    const { page, context } = await newVisitor(browser);
    const { port } = new URL(shop.url);
    const ids = new Set();
    for (const host of ['www.shop.localhost', 'm.shop.localhost', 'shop.localhost', 'www.shop.localhost']) {
      await page.goto(`http://${host}:${port}/`);
      ids.add((await boot(page, QUIET)).id);
    }
    assert.equal(ids.size, 1);
    const cookies = (await context.cookies()).filter(({ name }) => name === 'ok-veil-id');
    assert.deepEqual(cookies.map(({ domain }) => domain), ['.shop.localhost']);
    // Without consent no host keeps it.
    await call(page, 'consent', false);
    assert.deepEqual((await context.cookies()).filter(({ name }) => name.startsWith('ok-')), []);
  });
});
