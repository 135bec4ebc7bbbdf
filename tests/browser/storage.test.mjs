// @ts-check
/** What the script keeps in the browser: until the verdict, for the next tab, and never in the way. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  EVENTS, OKYAKU, PLUGIN_KEY, QUIET, answerOf, boot, call, eventsNamed, failOnce, kept, launchOn, look, memberOption, stage, storedEvents,
  unique, until, watchEvents,
} from './support.mjs';

/** @typedef {import('playwright-core').Page} Page */
const waiting = async (/** @type {Page} */ page) => (await kept(page)).filter((key) => key.startsWith('ok-queue:'));
const anew = async (/** @type {import('playwright-core').BrowserContext} */ context, /** @type {string} */ url) => {
  const page = await context.newPage();
  await page.goto(url);
  return page;
};
/** Its process dies: nothing of it is heard any more. @param {Page} page */
async function crash(page) {
  const session = await page.context().newCDPSession(page);
  await Promise.all([page.waitForEvent('crash'), Promise.race([session.send('Page.crash').catch(() => {}), page.waitForEvent('crash')])]);
}
/** What a page that crashed has left. @param {string} json @param {{token?: unknown, memberId?: unknown, closed?: boolean}} [owner] */
const leftover = (json, { token = null, memberId = null, closed = false } = {}) =>
  ({ [`ok-queue:${'c'.repeat(32)}:${unique('e')}`]: JSON.stringify([json, token, memberId, closed]) });
const event = (/** @type {string} */ name, createdAt = Date.now()) => JSON.stringify({ id: unique('e'), name, createdAt });
const leave = (/** @type {Page} */ page, /** @type {object} */ items) =>
  page.evaluate((all) => Object.entries(all).forEach(([key, value]) => localStorage.setItem(key, value)), items);

describe('what is kept', () => {
  const { shop, visit } = stage({
    '/full': `<!doctype html><script>
      for (let size = 1 << 20; size >= 1; size >>= 1) try { for (let n = 0; ; n++) localStorage['x' + size + '-' + n] = 'x'.repeat(size); } catch {}
    </script><script src="${OKYAKU}/okyaku.js"></script>`,
    '/unlocked': `<!doctype html><script>Object.defineProperty(navigator, 'locks', { value: undefined })</script>
      <script src="${OKYAKU}/okyaku.js"></script>`,
  });

  it('keeps an event from the call until the verdict', async () => {
    const { page } = await visit();
    const { id } = await boot(page, QUIET);
    const during = await page.evaluate(() => {
      ChannelIO('track', 'Kept');
      return Object.keys(localStorage).filter((key) => key.startsWith('ok-queue:'));
    });
    assert.equal(during.length, 1);
    await until(async () => (await eventsNamed(id, 'Kept')).length, 'it is stored');
    await until(async () => !(await waiting(page)).length, 'it is removed');
  });

  it('sends what a crashed page left, with its id, its time and its token', async () => {
    const { page, context } = await visit();
    const { id } = await boot(page, QUIET);
    await page.route(EVENTS, (route) => route.abort());
    const sent = watchEvents(page);
    await call(page, 'track', 'Crashed', { n: 1 });
    await until(() => sent.length, 'it was sent in vain');
    await crash(page);
    const next = await context.newPage();
    const again = watchEvents(next);
    await next.goto(shop.url); // and no boot
    await until(async () => (await eventsNamed(id, 'Crashed')).length, 'it is stored');
    assert.deepEqual(again.map((request) => request.events), [sent[0].events]);
    assert.equal(again[0].attempt, 2);
  });

  it('lets a tab take over what another leaves when it is gone, and not before', async () => {
    const { page, context } = await visit();
    const { id } = await boot(page, QUIET);
    const other = await anew(context, shop.url);
    const sent = watchEvents(other);
    await page.route(EVENTS, (route) => route.abort());
    await call(page, 'track', 'Orphan');
    await leave(page, { 'ok-queue:': 'the beginning of every name' });
    await look(other, false);
    await new Promise((done) => setTimeout(done, 1_500));
    assert.equal(sent.length, 0, 'the owner lives');
    await crash(page);
    await look(other, false);
    await until(async () => (await eventsNamed(id, 'Orphan')).length, 'it is stored');
    assert.equal(sent.length, 1);
  });

  it('goes by the time where there are no locks', async () => {
    const { page } = await visit('/bare');
    const [dead, alive] = ['d', 'a'].map((letter) => `ok-queue:${letter.repeat(32)}`);
    await leave(page, {
      [dead]: String(Date.now() - 200_000), [`${dead}:1`]: JSON.stringify([event('OfTheDead'), null, null]),
      [alive]: String(Date.now() - 100_000), [`${alive}:1`]: JSON.stringify([event('OfTheLiving'), null, null]),
    });
    await page.goto(`${shop.url}/unlocked`);
    const { id } = await boot(page, QUIET);
    await until(async () => (await eventsNamed(id, 'OfTheDead')).length, 'it is stored');
    assert.deepEqual((await storedEvents(id)).map(({ name }) => name), ['OfTheDead']);
    assert.deepEqual((await waiting(page)).filter((key) => key.startsWith(dead)), []);
    assert.equal((await waiting(page)).filter((key) => key.startsWith(alive)).length, 2);
  });

  it('gives what no boot answered for to the next one, but not to another member', async () => {
    const { page } = await visit('/bare');
    const [mina, lucas] = [unique('mina'), unique('lucas')];
    await leave(page, {
      ...leftover(event('Nobodys')), ...leftover(event('Minas'), { memberId: mina }), ...leftover(event('Lucass'), { memberId: lucas }),
      ...leftover(event('ShutDown'), { closed: true }),
    });
    await page.goto(shop.url);
    const first = await boot(page, { ...QUIET, ...memberOption(mina) });
    await until(async () => (await storedEvents(first.id)).length === 2, 'two are stored');
    assert.deepEqual((await storedEvents(first.id)).map(({ name }) => name).sort(), ['Minas', 'Nobodys']);
    await until(async () => (await waiting(page)).length === 1, 'only the other member waits: it may come back');
    const second = await boot(page, { ...QUIET, ...memberOption(lucas) });
    await until(async () => (await eventsNamed(second.id, 'Lucass')).length, 'the other is stored');
    await until(async () => !(await waiting(page)).length, 'nothing waits');
  });

  it('is not broken by what it cannot read', async () => {
    const { page } = await visit('/bare');
    const odd = Object.fromEntries(['', 'x', 'null', '7', '[]', '[1]', '["{"]', '["null"]', '[{}]', '["{}"]', '["[]","a.b"]']
      .map((value, n) => [`ok-queue:${String(n).padStart(32, '0')}:e`, value]));
    await leave(page, {
      ...odd, 'ok-queue:': '1', 'ok-queue:short': '[]', 'ok-pause': 'soon', 'ok-veil-id': '{', mine: '1',
      ...leftover(event('OddToken'), { token: 'no\ntoken.\ud83c' }),
      ...leftover(event('NoToken'), { token: 7, memberId: { a: 1 } }),
    });
    await page.evaluate(() => sessionStorage.setItem('ok-first-page', '"text"'));
    await page.goto(shop.url);
    const { id } = await boot(page, QUIET);
    await call(page, 'track', 'Fine');
    await until(async () => (await storedEvents(id)).length === 2, 'both are stored');
    assert.deepEqual((await storedEvents(id)).map(({ name }) => name).sort(), ['Fine', 'OddToken']);
    await until(async () => (await waiting(page)).length === 1, 'that of a member whom nobody knows waits alone');
    assert.equal(await page.evaluate(() => localStorage.mine), '1');
  });

  it('goes on pausing on the next page', async () => {
    const { page, context } = await visit();
    const { id } = await boot(page, QUIET);
    const sent = watchEvents(page);
    await failOnce(page, EVENTS, (route) => route.fulfill(answerOf(429, {}, { 'retry-after': '4' })));
    await call(page, 'track', 'Patient');
    const at = Date.now();
    await until(() => sent.length, 'it is sent');
    await until(() => page.evaluate(() => localStorage['ok-pause']), 'the pause is kept');
    await crash(page);
    await anew(context, shop.url);
    await until(async () => (await eventsNamed(id, 'Patient')).length, 'it is stored');
    assert.ok(Date.now() - at >= 3_900, `after ${Date.now() - at} ms`);
  });

  it('works with a full storage, and in memory alone', async () => {
    const { page } = await visit('/full');
    const { id } = await boot(page, QUIET);
    await call(page, 'track', 'Full', { text: 'x'.repeat(500) });
    assert.deepEqual(await waiting(page), []);
    await until(async () => (await eventsNamed(id, 'Full')).length, 'it is stored');
  });

  it('works where cookies and storage are refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'okyaku-blocked-'));
    await mkdir(join(folder, 'Default'));
    await writeFile(join(folder, 'Default/Preferences'), JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }));
    const context = await launchOn(folder);
    try {
      const page = await context.newPage();
      const thrown = /** @type {string[]} */ ([]);
      page.on('pageerror', (error) => thrown.push(String(error)));
      await page.goto(shop.url);
      const error = await page.evaluate(() => {
        try {
          return String(localStorage);
        } catch (caught) {
          return /** @type {Error} */ (caught).name;
        }
      });
      assert.equal(error, 'SecurityError', 'the storage is blocked');
      const { id } = await boot(page);
      await call(page, 'track', 'Blocked');
      await until(async () => (await storedEvents(id)).length === 2, 'both are stored');
      await call(page, 'shutdown');
      assert.notEqual((await boot(page)).id, id);
      assert.deepEqual(thrown, []);
    } finally {
      await context.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('sends a beacon where a request that outlives the page is refused', async () => {
    const { page } = await visit();
    const { id } = await boot(page, QUIET);
    await page.evaluate(() => {
      navigator.sendBeacon = (to, body) => {
        localStorage.beacon = body;
        return Navigator.prototype.sendBeacon.call(navigator, to, body);
      };
      const { fetch } = window;
      window.fetch = (to, how) => {
        if (how?.keepalive) throw new TypeError('the quota is used up');
        return fetch(to, how);
      };
      ChannelIO('track', 'Beacon');
    });
    await page.goto(`${shop.url}/bare`);
    await until(async () => (await eventsNamed(id, 'Beacon')).length, 'it is stored');
    assert.ok(JSON.parse(await page.evaluate(() => localStorage.beacon)).sessionToken, 'its token is in the body');
    assert.equal((await waiting(page)).length, 1, 'nobody heard the answer');
    const next = await anew(page.context(), shop.url);
    await until(async () => !(await waiting(next)).length, 'the next page hears it');
    assert.equal((await eventsNamed(id, 'Beacon')).length, 1);
  });

  it('sends on hiding, and keeps for the next page what does not fit', async () => {
    const { page, context } = await visit();
    const { id } = await boot(page, QUIET);
    const sent = watchEvents(page);
    await page.evaluate(() => {
      for (let n = 0; n < 10; n++) ChannelIO('track', 'Large', { n, text: 'x'.repeat(15_000) });
    });
    await look(page, true);
    assert.equal(sent.filter((request) => request.sessionToken).flatMap((request) => request.events).length, 3, '59 KB of them');
    await page.route(EVENTS, (route) => route.abort());
    await page.close();
    const next = await anew(context, shop.url);
    await until(async () => (await eventsNamed(id, 'Large')).length === 10, 'all are stored');
    await until(async () => !(await waiting(next)).length, 'nothing is left');
  });

  it('touches while the page is seen, each five minutes', async () => {
    const { page } = await visit('/bare');
    await page.clock.install();
    await page.goto(shop.url);
    await boot(page, QUIET);
    let touches = 0;
    page.on('request', (request) => request.method() === 'POST' && request.url().endsWith('/touch') && touches++);
    await page.clock.runFor(4 * 60_000);
    assert.equal(touches, 0);
    const answered = page.waitForEvent('requestfinished', (request) => request.url().endsWith('/touch') && request.method() === 'POST');
    await page.clock.runFor(61_000);
    await answered; // or its time-out comes
    assert.equal(touches, 1);
    await look(page, true);
    await page.clock.runFor(10 * 60_000);
    assert.equal(touches, 1, 'hidden');
    await look(page, false);
    await until(() => touches === 2, 'it touches when it is seen again');
  });

  it('keeps a thousand, and says what it drops', async () => {
    const { page, warnings } = await visit();
    await page.evaluate(() => {
      for (let n = 0; n < 1_002; n++) ChannelIO('track', 'Many', { n });
    });
    assert.equal((await waiting(page)).length, 1_000);
    assert.equal(warnings.filter((warning) => /1 event\(s\) dropped: 1000 are waiting/.test(warning)).length, 2);
    const { id } = await boot(page, { pluginKey: PLUGIN_KEY, trackDefaultEvent: false });
    await until(async () => (await eventsNamed(id, 'Many')).length === 1_000, 'the last thousand are stored');
  });
});
