// @ts-check
/** The clock of a device is wrong: by minutes, by years, or from one moment to the next. Nothing is lost, and all is dated
 * by the server's clock, once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boot, call, EVENTS, eventsNamed, PLUGIN_KEY, QUIET, stage, storedEvents, unique, until, watchEvents } from './support.mjs';

const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;

describe('a wrong clock', () => {
  const { shop, visit } = stage();

  /** A page whose clock is wrong by so many ms. `skew` of its window changes it later. @param {number} ms */
  const visitWith = async (ms) => {
    const visitor = await visit('/bare');
    await visitor.context.addInitScript((skew) => {
      const own = /** @type {any} */ (window);
      own.skew = skew;
      const now = Date.now.bind(Date);
      const Right = Date;
      own.Date = class extends Right {
        constructor(/** @type {any[]} */ ...given) {
          super(...(/** @type {[]} */ (given.length ? given : [own.Date.now()])));
        }
        static now() {
          return now() + own.skew;
        }
      };
    }, ms);
    await visitor.page.goto(shop.url);
    return visitor;
  };
  /** @param {any} event @param {number} at */
  const isAt = (event, at) => assert.ok(Math.abs(event.createdAt - at) <= 2_000, `${event.name} is ${event.createdAt - at} ms off`);

  for (const [what, skew] of /** @type {[string, number][]} */ ([
    ['fast by 15 minutes', 15 * MINUTE], ['fast by an hour', 60 * MINUTE], ['fast by three years', 3 * YEAR],
    ['slow by an hour', -60 * MINUTE], ['slow by two years', -2 * YEAR], ['right', 0],
  ])) {
    it(`that is ${what} loses no order`, async () => {
      const { page } = await visitWith(skew);
      const at = Date.now();
      await call(page, 'track', 'BeforeTheBoot');
      const { id } = await boot(page, { pluginKey: PLUGIN_KEY });
      await call(page, 'track', 'CheckoutComplete', { id: 'order-1', totalAmount: 10, shippingAmount: 0, products: [] });
      await until(async () => (await storedEvents(id)).length === 3, 'all are stored');
      for (const event of await storedEvents(id)) isAt(event, at);
      const names = (await storedEvents(id)).map(({ name }) => name);
      assert.deepEqual(names.sort(), ['BeforeTheBoot', 'CheckoutComplete', 'PageView']);
      await page.reload();
      await boot(page, QUIET);
      await new Promise((done) => setTimeout(done, 1_500));
      assert.equal((await storedEvents(id)).length, 3, 'and once after a reload');
    });
  }

  it('that changes while the page is open changes no time', async () => {
    const { page } = await visitWith(0);
    const { id } = await boot(page, QUIET);
    for (const [n, skew] of [60 * MINUTE, -2 * YEAR, 5 * YEAR, 0].entries()) {
      await page.evaluate((ms) => (/** @type {any} */ (window).skew = ms), skew);
      await call(page, 'track', `Jump${n}`);
    }
    const at = Date.now();
    await until(async () => (await storedEvents(id)).length === 4, 'all are stored');
    for (const event of await storedEvents(id)) isAt(event, at);
  });

  it('is corrected once: a replay and the next page send the same time', async () => {
    const { page } = await visitWith(60 * MINUTE);
    const { id } = await boot(page, QUIET);
    const sent = watchEvents(page);
    // The server stores the batch, and the page never hears of it.
    let heard = false;
    await page.route(EVENTS, async (route) => {
      if (heard) return route.continue();
      await route.fetch();
      return route.abort();
    });
    await call(page, 'track', 'Once');
    await until(() => sent.length, 'it is sent');
    await until(async () => (await eventsNamed(id, 'Once')).length, 'it is stored');
    // Meanwhile somebody sets the clock right.
    await page.evaluate(() => (/** @type {any} */ (window).skew = 0));
    heard = true;
    await page.goto(`${shop.url}/bare`);
    await page.goto(shop.url);
    await boot(page, QUIET);
    await until(() => sent.length > 1, 'it is sent again');
    await until(async () => !(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.length > 50).length)), 'it is answered');
    assert.equal(new Set(sent.flatMap(({ events }) => events.map(({ createdAt }) => createdAt))).size, 1);
    assert.equal((await eventsNamed(id, 'Once')).length, 1);
  });

  it('dates what an earlier page could not send, when the next page boots', async () => {
    const { page } = await visitWith(-2 * YEAR);
    const at = Date.now();
    // No boot was ever answered, so nobody told this page the time.
    await call(page, 'track', 'Orphan', { from: unique('orphan') });
    await page.goto(`${shop.url}/bare`);
    await page.goto(shop.url);
    const { id } = await boot(page, QUIET);
    const orphan = await until(async () => (await eventsNamed(id, 'Orphan'))[0], 'it is stored');
    assert.ok(Math.abs(orphan.createdAt - at) <= 2_000, `${orphan.createdAt - at} ms off`);
  });
});
