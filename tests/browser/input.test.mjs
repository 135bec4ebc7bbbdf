// @ts-check
/** Whatever a page hands over: it is told, never hurt, and what was valid is stored. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OKYAKU, PLUGIN_KEY, QUIET, boot, eventsNamed, stage, storedEvents, storedUser, until } from './support.mjs';

describe('bad input', () => {
  const { visit } = stage({
    '/strict': {
      body: `<!doctype html><title>Strict</title><script src="${OKYAKU}/okyaku.js"></script><script src="/shop.js"></script>`,
      policy: `default-src 'none'; script-src 'self' ${OKYAKU}; connect-src ${OKYAKU}; require-trusted-types-for 'script'`,
    },
    '/shop.js': {
      type: 'text/javascript',
      body: `addEventListener('securitypolicyviolation', (event) => (window.violation = event.violatedDirective));
        ChannelIO('boot', { pluginKey: '${PLUGIN_KEY}', memberId: '' }, (error, user) => (window.booted = user));`,
    },
  });

  it('costs the property that cannot be used, and not the event', async () => {
    const { page, warnings } = await visit();
    const { id } = await boot(page, QUIET);
    await page.evaluate(() => {
      const loop = /** @type {any} */ ({ n: 1 });
      loop.list = [1, { loop }];
      const deep = /** @type {any} */ ({});
      for (let at = deep, level = 0; level < 20; level++) at = at.in = { level };
      const revoked = Proxy.revocable({}, {});
      revoked.revoke();
      const odd = /** @type {any} */ ({
        fine: 1, none: undefined, nothing: null, when: new Date(7), never: new Date(NaN), nan: NaN, infinite: 1 / 0, big: 12n,
        call: () => 1, symbol: Symbol('x'), [Symbol('key')]: 1, map: new Map(), json: { toJSON: () => 'text' }, gone: revoked.proxy,
        get getter() {
          throw revoked.proxy;
        },
        proxy: new Proxy({ a: 1 }, { ownKeys: () => { throw new Error('no'); } }), list: [undefined, 1n, () => 1],
        self: { toJSON() { return this; } }, twice: [loop.n, loop.n],
      });
      ChannelIO('track', 'Odd', odd);
      ChannelIO('track', 'Loop', loop);
      ChannelIO('track', 'Deep', deep);
      ChannelIO('track', 'Large', { id: 'O-1', text: 'x'.repeat(1_000_000), last: 1 });
      ChannelIO('track', 'Many', Object.fromEntries(Array.from({ length: 9_000 }, (_, n) => ['k' + n, n])));
      ChannelIO('track', 'Sparse', /** @type {any} */ ({ list: new Array(1e9), n: 1 }));
      ChannelIO('track', 'Window', /** @type {any} */ ({ window, n: 1 }));
      let wide = /** @type {any} */ (1);
      for (let level = 0; level < 6; level++) wide = Array(50).fill(wide);
      ChannelIO('track', 'Wide', { wide, n: 1 });
      ChannelIO('track', 'Revoked', revoked.proxy);
      ChannelIO('track', '__proto__', JSON.parse('{"__proto__": 1, "constructor": 2}'));
    });
    const stored = await until(async () => {
      const found = await storedEvents(id);
      return found.length === 10 ? found : null;
    }, 'all ten are stored');
    const of = (/** @type {string} */ name) => stored.find((event) => event.name === name).property;
    assert.deepEqual(of('Odd'), {
      fine: 1, nothing: null, when: 7, big: 12, map: {}, json: 'text', list: [null, 1, null], twice: [1, 1],
    });
    assert.deepEqual(of('Loop'), { n: 1, list: [1, {}] });
    assert.equal(JSON.stringify(of('Deep')).match(/"in"/g)?.length, 7);
    assert.deepEqual(of('Large'), { id: 'O-1', last: 1 });
    assert.ok(Object.keys(of('Many')).length > 2_000);
    assert.deepEqual([of('Sparse'), of('Window').n, of('Wide').n], [{ n: 1 }, 1, 1]);
    assert.deepEqual(of('__proto__'), JSON.parse('{"__proto__": 1, "constructor": 2}'));
    for (const words of [/Odd goes without "(getter|gone|proxy|self)", which/, /Loop goes without "loop", which is a circular reference/,
      /Deep goes without "in", which is too deep/, /Large goes without "text": an event has 32000 bytes/, /Revoked goes without/]) {
      assert.match(warnings.join('\n'), words);
    }
  });

  it('in a boot or an update costs as little, and no callback', async () => {
    const { page } = await visit();
    const answers = await page.evaluate((pluginKey) => new Promise((done) => {
      const got = /** @type {any[]} */ ([]);
      const tell = (/** @type {any} */ error, /** @type {any} */ user) => got.push(error ? error.status : user.id) === 4 && done(got);
      const bad = { get size() { throw new Error('no'); }, fine: 1n };
      ChannelIO('boot', /** @type {any} */ ({ pluginKey, profile: bad, get language() { throw new Error('no'); } }), tell);
      ChannelIO('updateUser', /** @type {any} */ ({ profile: { ...{ plan: 'free', call: () => 1 } }, get tags() { throw new Error('no'); } }), tell);
      ChannelIO('addTags', /** @type {any} */ ([Symbol('a'), 'VIP', 7]), tell);
      ChannelIO('boot', /** @type {any} */ ({ get pluginKey() { throw new Error('no'); } }), tell);
    }), PLUGIN_KEY);
    const ids = answers.filter((/** @type {any} */ answer) => typeof answer === 'string');
    assert.ok(answers.includes(422), 'a key that cannot be read');
    const { profile, tags } = await storedUser(ids[0]);
    assert.deepEqual([profile.fine, profile.plan], [1, 'free']);
    assert.ok(tags.includes('vip'));
  });

  it('never reaches the page, whatever is broken in it', async () => {
    const { page } = await visit();
    await page.evaluate(() => {
      console.warn = () => {
        throw new Error('a console of its own');
      };
      ChannelIO('track', /** @type {any} */ (7));
      const names = [null, undefined, 7, {}, [], () => 1, Symbol('x'), Object.create(null), { toString: () => { throw 1; } }];
      for (const name of names) /** @type {any} */ (ChannelIO)(name, name, name, name);
      for (const method of ['boot', 'track', 'updateUser', 'addTags', 'removeTags', 'setPage', 'resetPage', 'consent', 'shutdown']) {
        for (const value of names) /** @type {any} */ (ChannelIO)(method, value, value);
      }
      ChannelIO('boot', { pluginKey: 'dev-plugin-key' }, () => { throw new Error("the page's own"); });
    });
    const { id } = await boot(page, QUIET);
    await page.evaluate(() => ChannelIO('track', 'Fine'));
    await until(async () => (await eventsNamed(id, 'Fine')).length, 'the next event is stored');
  });

  it('is not what a strict policy makes of it', async () => {
    const { page } = await visit('/strict');
    const { id } = await page.waitForFunction(() => /** @type {any} */ (window).booted).then((handle) => handle.jsonValue());
    await until(async () => (await storedEvents(id)).length === 1, 'the page view is stored');
    assert.equal(await page.evaluate(() => /** @type {any} */ (window).violation), undefined);
  });
});
