// @ts-check
/** The event queue and the calling convention: nothing is lost, nothing is stored twice, and the page never suffers. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import {
  EVENTS, OKYAKU, PLUGIN_KEY, answerOf, boot, call, callBack, eventsNamed, failOnce, launch, memberOption, needServer, newVisitor, openShop,
  storedEvents, storedUser, unique, until, watchEvents,
} from './support.mjs';

const STUB = `<script>
  (function () {
    var ch = function () { ch.c(arguments); };
    ch.q = [];
    ch.c = function (args) { ch.q.push(args); };
    window.ChannelIO = window.early = ch;
  })();
  ChannelIO('track', 'BeforeLoad', { n: 1 });
  ChannelIO('boot', { pluginKey: '${PLUGIN_KEY}' }, function (error, user) { window.booted = user; });
  ChannelIO('updateUser', { profile: { size: 'L' } });
</script>`;

describe('the queue', () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {Awaited<ReturnType<typeof openShop>>} */
  let shop;
  /** @type {Awaited<ReturnType<typeof newVisitor>>[]} */
  let visitors = [];

  /** A new visitor on a page of the shop. */
  async function visit(path = '/') {
    const visitor = await newVisitor(browser);
    visitors.push(visitor);
    await visitor.page.goto(shop.url + path);
    return visitor;
  }

  before(async () => {
    await needServer();
    const head = `<!doctype html><title>Shop</title>`;
    const script = `<script src="${OKYAKU}/okyaku.js"></script>`;
    shop = await openShop({
      '/': head + script,
      '/stub': head + STUB + script,
      '/taken': `${head}<script>window.ChannelIO = function () {}; window.theirs = ChannelIO;</script>${script}`,
      '/next': `${head}next`,
    });
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    shop?.close();
    for (const { errors } of visitors) assert.deepEqual(errors, [], 'nothing was thrown into a page');
  });

  it('replays a stub in order, and goes on through references to it', async () => {
    const { page } = await visit('/stub');
    const { id } = await page.waitForFunction(() => /** @type {any} */ (window).booted).then((handle) => handle.jsonValue());
    await page.evaluate(() => /** @type {any} */ (window).early('track', 'ThroughTheStub'));
    await until(async () => (await eventsNamed(id, 'ThroughTheStub')).length, 'the later event is stored');
    const names = (await storedEvents(id)).map((event) => event.name);
    assert.deepEqual(names, ['BeforeLoad', 'PageView', 'ThroughTheStub']);
    assert.equal((await storedUser(id)).profile.size, 'L');
  });

  it('leaves a window.ChannelIO alone that is not a stub', async () => {
    const { page, warnings } = await visit('/taken');
    assert.ok(await page.evaluate(() => /** @type {any} */ (window).ChannelIO === /** @type {any} */ (window).theirs));
    assert.match(warnings.join(), /is taken/);
  });

  it('keeps what is tracked before boot, with its time', async () => {
    const { page } = await visit();
    const earliest = Date.now();
    await call(page, 'track', 'Early', { n: 1 });
    const latest = Date.now();
    await new Promise((done) => setTimeout(done, 300));
    const { id } = await boot(page);
    const [event] = await until(async () => {
      const found = await eventsNamed(id, 'Early');
      return found.length ? found : null;
    }, 'the early event is stored');
    assert.ok(event.createdAt >= earliest && event.createdAt <= latest, 'createdAt is the time of the call');
  });

  it('makes calls before boot wait for it', async () => {
    const { page } = await visit();
    const waiting = callBack(page, 'addTags', ['Early']);
    const { id } = await boot(page);
    assert.equal((await waiting).error, null);
    assert.deepEqual((await storedUser(id)).tags, ['early']);
  });

  it('never throws, whatever it is called with, and says what to do', async () => {
    const { page, warnings, errors } = await visit();
    const callbacks = await page.evaluate(async (pluginKey) => {
      const ChannelIO = /** @type {any} */ (window).ChannelIO;
      const loop = /** @type {any} */ ({});
      loop.loop = loop;
      const got = /** @type {any[]} */ ([]);
      const note = (/** @type {any} */ error, /** @type {any} */ user) => got.push([error?.status, user]);
      ChannelIO();
      ChannelIO(null);
      ChannelIO('boost');
      ChannelIO(Symbol('boot'));
      ChannelIO('boot');
      ChannelIO('boot', {}, note);
      ChannelIO('boot', { pluginKey: 7 }, note);
      ChannelIO('track');
      ChannelIO('track', '');
      ChannelIO('track', 'x'.repeat(65));
      ChannelIO('track', 'Loop', loop);
      ChannelIO('track', 'Huge', { text: 'x'.repeat(40_000) });
      ChannelIO('track', 'BadProperty', ['a']);
      ChannelIO('updateUser', null);
      ChannelIO('updateUser', {});
      ChannelIO('updateUser', { profile: undefined });
      ChannelIO('updateUser', loop);
      ChannelIO('addTags', [], note);
      ChannelIO('addTags', 'vip', note);
      ChannelIO('removeTags', null, note);
      ChannelIO('setPage', null);
      ChannelIO('resetPage');
      await new Promise((done) => ChannelIO('boot', { pluginKey, memberId: { id: 1 } }, () => {
        done(undefined);
        throw new Error("the page's own mistake");
      }));
      ChannelIO('track', 'Fine');
      return got;
    }, PLUGIN_KEY);
    assert.deepEqual(callbacks, Array(5).fill([422, null]));
    assert.deepEqual(errors, []);
    for (const words of [/no method "boost"/, /boot needs a plugin key/, /track needs a name/, /Huge goes without "text": an event has 32000 bytes/, /must be an object/,
      /addTags needs/, /removeTags needs/, /setPage needs/, /memberId must be a string/, /circular/i]) {
      assert.match(warnings.join('\n'), words);
    }
    assert.ok(warnings.every((warning) => warning.startsWith('[okyaku] ')));
  });

  it('tells a callback which fields were not stored, and why', async () => {
    const { page } = await visit();
    /** @param {{dropped: any}} got */
    const fields = ({ dropped }) => dropped.map((/** @type {{field: string}} */ one) => one.field);
    const option = { pluginKey: PLUGIN_KEY, profile: { email: 'kanarie', size: 'M' } };
    assert.deepEqual(fields(await callBack(page, 'boot', option)), ['profile.email']);
    const half = await callBack(page, 'updateUser', { profile: { mobileNumber: '12', size: 'L' } });
    assert.equal(half.user.profile.size, 'L');
    assert.deepEqual(fields(half), ['profile.mobileNumber']);
    assert.match(half.dropped[0].message, /^must be a phone number/);
    assert.deepEqual(fields(await callBack(page, 'updateUser', { profile: { size: 'S' } })), []);
    assert.deepEqual(fields(await callBack(page, 'addTags', ['vip'])), []);
    assert.deepEqual(fields(await callBack(page, 'updateUser', {})), [], 'an error dropped nothing');
  });

  it('never turns a blank or a placeholder memberId into a member', async () => {
    const { page, warnings } = await visit();
    for (const memberId of ['', '  ', null, false]) {
      const user = await boot(page, { pluginKey: PLUGIN_KEY, memberId });
      assert.equal(user.member, false, JSON.stringify(memberId));
    }
    assert.deepEqual(warnings, []);
    for (const memberId of [0, 'undefined', 'with space']) {
      const user = await boot(page, { ...memberOption(String(memberId)), memberId });
      assert.equal(user.member, false, JSON.stringify(memberId));
      assert.match(warnings.pop() || '', /"memberId" was not stored/);
    }
    const number = 1_000_000_000_000 + Math.floor(Math.random() * 1e12);
    const user = await boot(page, { ...memberOption(String(number)), memberId: number });
    assert.equal(user.memberId, String(number));
  });

  it('sends in batches: at twenty, or after a second', async () => {
    const { page } = await visit();
    const { id } = await boot(page, { pluginKey: PLUGIN_KEY, trackDefaultEvent: false });
    const sent = watchEvents(page);
    await page.evaluate(() => {
      for (let n = 0; n < 45; n++) /** @type {any} */ (window).ChannelIO('track', 'Many', { n });
    });
    const stored = await until(async () => {
      const found = await eventsNamed(id, 'Many');
      return found.length === 45 ? found : null;
    }, 'all 45 are stored');
    assert.deepEqual(stored.map((event) => event.property.n), [...Array(45).keys()], 'in the order of the calls');
    assert.deepEqual(sent.map((request) => request.events.length), [20, 25]);
    assert.equal((await eventsNamed(id, 'PageView')).length, 0, 'trackDefaultEvent: false');
  });

  it('sends again with the same ids and times after a 503, and not before Retry-After', async () => {
    const { page, warnings } = await visit();
    const { id } = await boot(page, { pluginKey: PLUGIN_KEY, trackDefaultEvent: false });
    const sent = watchEvents(page);
    let failedAt = 0;
    await failOnce(page, EVENTS, (route) => {
      failedAt = Date.now();
      return route.fulfill(answerOf(503, {}, { 'retry-after': '2' }));
    });
    await call(page, 'track', 'Once', { n: 1 });
    await until(async () => (await eventsNamed(id, 'Once')).length, 'the event is stored');
    assert.ok(Date.now() - failedAt >= 1_900, 'Retry-After is honoured');
    assert.deepEqual(sent.map((request) => request.attempt), [1, 2]);
    assert.deepEqual(sent[1].events, sent[0].events);
    assert.equal((await eventsNamed(id, 'Once')).length, 1);
    assert.deepEqual(warnings, []);
  });

  it('stores once what was stored while its answer was lost', async () => {
    const { page } = await visit();
    const { id } = await boot(page, { pluginKey: PLUGIN_KEY, trackDefaultEvent: false });
    const sent = watchEvents(page);
    await failOnce(page, EVENTS, async (route) => {
      await route.fetch();
      await route.abort('connectionreset');
    });
    await call(page, 'track', 'Lost', { n: 1 });
    await call(page, 'track', 'CheckoutComplete', { id: 'O-1', totalAmount: 1, shippingAmount: 0, products: [] });
    let answered = 0;
    page.on('requestfinished', (request) => request.url().endsWith('/front/v1/events') && answered++);
    await until(() => answered, 'the batch is sent again and answered');
    assert.deepEqual(sent.map((request) => request.attempt), [1, 2]);
    assert.deepEqual(sent[1].events, sent[0].events);
    assert.equal((await eventsNamed(id, 'Lost')).length, 1);
    assert.equal((await eventsNamed(id, 'CheckoutComplete')).length, 1);
    assert.equal((await storedUser(id)).profile.lastCheckoutCompletedAt, sent[0].events[1].createdAt);
  });

  it('boots through a lost network', async () => {
    const { page } = await visit();
    await failOnce(page, '**/front/v1/boot', (route) => route.abort('internetdisconnected'));
    assert.equal(typeof (await boot(page)).id, 'string');
  });

  it('reports what the server rejects or drops, and does not send it again', async () => {
    const { page, warnings } = await visit();
    const { id } = await boot(page, { pluginKey: PLUGIN_KEY, trackDefaultEvent: false });
    const sent = watchEvents(page);
    await failOnce(page, EVENTS, (route) => {
      const [event] = JSON.parse(route.request().postData() || '').events;
      const results = [{ id: event.id, status: 'rejected', message: 'createdAt is too old' }];
      return route.fulfill(answerOf(200, { results }));
    });
    await call(page, 'track', 'Rejected');
    await until(() => warnings.some((warning) => /rejected: createdAt is too old/.test(warning)), 'the verdict is reported');
    await page.unroute(EVENTS);
    await failOnce(page, EVENTS, (route) => route.fulfill(answerOf(400, { message: 'unparsable' })));
    await call(page, 'track', 'Refused');
    await until(() => warnings.some((warning) => /1 event\(s\) dropped: unparsable/.test(warning)), 'the refusal is reported');
    await call(page, 'track', 'Fine');
    await until(async () => (await eventsNamed(id, 'Fine')).length, 'the next event is stored');
    assert.deepEqual(sent.map((request) => request.attempt), [1, 1, 1]);
  });

  it('renews a refused token by booting again, and then repeats the call once', async () => {
    const { page } = await visit();
    const { id } = await boot(page);
    let boots = 0;
    page.on('request', (request) => request.method() === 'POST' && request.url().endsWith('/boot') && boots++);
    await failOnce(page, '**/front/v1/users/me', (route) => route.fulfill(answerOf(401, { message: 'expired' })));
    const { error, user } = await callBack(page, 'updateUser', { profile: { size: 'S' } });
    assert.equal(error, null);
    assert.equal(user.id, id);
    assert.equal(boots, 1);
    assert.equal((await storedUser(id)).profile.size, 'S');
  });

  it('keeps the events of a refused token for the next boot', async () => {
    const { page } = await visit();
    const { id } = await boot(page, { pluginKey: PLUGIN_KEY, trackDefaultEvent: false });
    const sent = watchEvents(page);
    await failOnce(page, EVENTS, (route) => route.fulfill(answerOf(401, { message: 'expired' })));
    await call(page, 'track', 'Kept');
    await until(() => sent.length === 1, 'it is sent once');
    await new Promise((done) => setTimeout(done, 2_500));
    assert.equal(sent.length, 1, 'and not again before the next boot');
    await boot(page, { pluginKey: PLUGIN_KEY, trackDefaultEvent: false });
    await until(async () => (await eventsNamed(id, 'Kept')).length === 1, 'the event is stored');
    assert.deepEqual(sent[1].events, sent[0].events);
  });

  it('sends what is left when the page goes away', async () => {
    const { page } = await visit();
    const { id } = await boot(page, { pluginKey: PLUGIN_KEY, trackDefaultEvent: false });
    const sent = watchEvents(page);
    await page.evaluate((next) => {
      /** @type {any} */ (window).ChannelIO('track', 'Leaving', { n: 1 });
      location.href = next;
    }, `${shop.url}/next`);
    await page.waitForURL('**/next');
    await until(async () => (await eventsNamed(id, 'Leaving')).length, 'the last event is stored');
    assert.equal((await eventsNamed(id, 'Leaving')).length, 1);
    assert.ok(sent.every((request) => request.sessionToken), 'its token is in the body');
  });

  it('lets a change outlive the page that made it', async () => {
    const { page } = await visit();
    const { id } = await boot(page);
    await page.evaluate((next) => {
      /** @type {any} */ (window).ChannelIO('updateUser', { profile: { size: 'XL' } });
      setTimeout(() => (location.href = next));
    }, `${shop.url}/next`);
    await page.waitForURL('**/next');
    await until(async () => (await storedUser(id)).profile.size === 'XL', 'the profile is stored');
  });

  it("finishes a visitor's calls before the log-in that follows them", async () => {
    const { page } = await visit();
    const option = memberOption(unique('queue'));
    const [error, user] = await page.evaluate(([visitor, member]) => new Promise((done) => {
      const ChannelIO = /** @type {any} */ (window).ChannelIO;
      let failed = /** @type {any} */ (undefined);
      ChannelIO('boot', visitor);
      ChannelIO('updateUser', { profile: { size: 'S' } }, (/** @type {any} */ error) => (failed = error));
      ChannelIO('boot', member, (/** @type {any} */ _, /** @type {any} */ user) => done([failed, user]));
    }), [{ pluginKey: PLUGIN_KEY }, option]);
    assert.equal(error, null);
    assert.equal(user.memberId, option.memberId);
  });

  it('sends what a shut-down visit left, to the visit it belongs to', async () => {
    const { page } = await visit();
    const memberId = unique('queue');
    const member = await boot(page, memberOption(memberId));
    await page.evaluate((pluginKey) => {
      const ChannelIO = /** @type {any} */ (window).ChannelIO;
      ChannelIO('track', 'Before');
      ChannelIO('shutdown');
      ChannelIO('track', 'After');
      ChannelIO('boot', { pluginKey }, (/** @type {any} */ _, /** @type {any} */ user) => (/** @type {any} */ (window).next = user));
    }, PLUGIN_KEY);
    const next = await page.waitForFunction(() => /** @type {any} */ (window).next).then((handle) => handle.jsonValue());
    assert.notEqual(next.id, member.id);
    await until(async () => (await eventsNamed(next.id, 'After')).length === 1, "the new visitor's event is stored");
    await until(async () => (await eventsNamed(member.id, 'Before')).length === 1, "the member's event is stored");
    assert.equal((await eventsNamed(member.id, 'After')).length, 0);
    assert.equal((await eventsNamed(next.id, 'Before')).length, 0);
  });

  it("keeps the visitor id in a cookie and in the storage, and takes Channel Talk's over", async () => {
    const { page, context } = await visit();
    const theirs = randomUUID();
    await context.addCookies([{ name: 'ch-veil-id', value: theirs, url: shop.url }]);
    const first = await boot(page);
    const cookie = (await context.cookies()).find(({ name }) => name === 'ok-veil-id');
    assert.ok(cookie);
    assert.equal(cookie.value, theirs, 'a well-formed id is adopted');
    assert.equal(cookie.sameSite, 'Lax');
    assert.ok(cookie.expires - Date.now() / 1_000 > 364 * 24 * 3_600);
    assert.equal(await page.evaluate(() => localStorage.getItem('ok-veil-id')), theirs);
    await context.clearCookies();
    assert.equal((await boot(page)).id, first.id, 'the storage remembers what the cookie forgot');
    await context.addCookies([{ name: 'ch-veil-id', value: theirs, url: shop.url }]);
    await call(page, 'shutdown');
    assert.equal((await boot(page)).id, first.id, 'a shutdown keeps a visitor who is no member');
  });

  it('loses neither a batch nor a boot to half an emoji, and keeps a backslash', async () => {
    const { page } = await visit();
    const { id } = await boot(page, { pluginKey: PLUGIN_KEY, profile: { nick: 'Mug \ud83c', path: 'C:\\ud83c' } });
    await call(page, 'track', 'Whole', { name: 'ok' });
    await call(page, 'track', 'Cut', { name: 'Lovely mug \ud83c\udf75'.slice(0, 12) });
    const cut = await until(async () => (await eventsNamed(id, 'Cut'))[0], 'the cut event is stored');
    assert.equal(cut.property.name, 'Lovely mug \ufffd');
    assert.equal((await eventsNamed(id, 'Whole')).length, 1);
    const { profile } = await storedUser(id);
    assert.deepEqual([profile.nick, profile.path], ['Mug \ufffd', 'C:\\ud83c']);
  });

  it('boots although the address it came from is very long', async () => {
    const { page, warnings } = await visit(`/?utm_source=${'x'.repeat(2_000)}&utm_content=${'y'.repeat(1_000)}`);
    const { id } = await boot(page);
    const { profile } = await storedUser(id);
    assert.deepEqual([profile.utmSource, profile.utmContent], [undefined, 'y'.repeat(1_000)]);
    assert.ok(warnings.some((warning) => warning.includes('profileOnce.utmSource')), warnings.join());
  });

  it('remembers where the first page came from', async () => {
    const { page } = await newVisitor(browser);
    const elsewhere = shop.url.replace('127.0.0.1', 'localhost');
    await page.goto(`${elsewhere}/next`);
    await page.evaluate((to) => (location.href = to), `${shop.url}/?utm_source=letter&utm_campaign=summer&x=1`);
    await page.waitForURL('**/?utm_source=*');
    await page.goto(`${shop.url}/?utm_source=other`);
    const { id } = await boot(page);
    const { profile } = await storedUser(id);
    assert.equal(profile.utmSource, 'letter');
    assert.equal(profile.utmCampaign, 'summer');
    assert.equal(profile.referrer, `${elsewhere}/`);
    assert.equal(profile.utmMedium ?? null, null);
  });
});
