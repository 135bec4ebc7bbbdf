// @ts-check
/** What the server refuses: one bad event costs no other, and what must wait waits. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EVENTS, QUIET, answerOf, boot, call, eventsNamed, kept, stage, storedEvents, until, watchEvents } from './support.mjs';

describe('a refusal', () => {
  const { visit } = stage();

  /** Refuses every batch that has a bad event in it, as a whole. @param {import('playwright-core').Page} page @param {number} status */
  const refuse = (page, status) =>
    page.route(EVENTS, (route) => {
      const bad = /"name":"Bad"/.test(route.request().postData() || '');
      return bad ? route.fulfill(answerOf(status, { message: 'one of them is bad' })) : route.continue();
    });

  for (const status of [400, 413, 422]) {
    it(`of a whole batch by ${status} costs only the event that is at fault`, async () => {
      const { page, warnings } = await visit();
      const { id } = await boot(page, QUIET);
      await refuse(page, status);
      const sent = watchEvents(page);
      await page.evaluate(() => {
        for (let n = 0; n < 30; n++) ChannelIO('track', n === 13 ? 'Bad' : 'Good', { n });
      });
      await until(async () => (await eventsNamed(id, 'Good')).length === 29, 'the others are stored');
      await until(() => warnings.length, 'the bad one is told');
      assert.deepEqual(warnings, ['[okyaku] 1 event(s) dropped: one of them is bad']);
      assert.deepEqual((await kept(page)).filter((key) => key.startsWith('ok-queue:')), []);
      assert.ok(sent.length < 15, `${sent.length} requests`);
    });
  }

  it('by 409 drops all that the erased customer did, and says so', async () => {
    const { page, warnings } = await visit();
    await boot(page, QUIET);
    const sent = watchEvents(page);
    await page.route(EVENTS, (route) => route.fulfill(answerOf(409, { message: 'the customer was erased' })));
    await page.evaluate(() => {
      for (let n = 0; n < 3; n++) ChannelIO('track', 'Gone', { n });
    });
    await until(() => warnings.length, 'it is told');
    assert.deepEqual(warnings, ['[okyaku] 3 event(s) dropped: the customer was erased']);
    assert.equal(sent.length, 1);
    assert.deepEqual((await kept(page)).filter((key) => key.startsWith('ok-queue:')), []);
  });

  it('by 403 names the reason', async () => {
    const { page, warnings } = await visit();
    await boot(page, QUIET);
    await page.route(EVENTS, (route) => route.fulfill(answerOf(403, { message: "this origin is not one of the channel's" })));
    await call(page, 'track', 'Foreign');
    await until(() => warnings.some((warning) => /1 event\(s\) dropped: this origin is not/.test(warning)), 'it is told');
  });

  it('by 401 keeps the events over a reload, for the next boot', async () => {
    const { page } = await visit();
    const { id } = await boot(page, QUIET);
    await page.route(EVENTS, (route) => route.fulfill(answerOf(401, { message: 'expired' })));
    const sent = watchEvents(page);
    await call(page, 'track', 'Expired');
    await until(() => sent.length, 'it is sent');
    await page.reload();
    await until(() => sent.length > 1, 'the old token is tried once more');
    await new Promise((done) => setTimeout(done, 1_500));
    const tries = sent.length;
    await new Promise((done) => setTimeout(done, 1_500));
    assert.equal(sent.length, tries, 'and not again before the boot');
    await page.unroute(EVENTS);
    await boot(page, QUIET);
    await until(async () => (await eventsNamed(id, 'Expired')).length === 1, 'it is stored');
  });

  it('of one token lets the events of another pass', async () => {
    const { page } = await visit();
    const first = await boot(page, QUIET);
    let token = '';
    await page.route(EVENTS, (route) => {
      token ||= route.request().headers()['x-session'];
      return route.request().headers()['x-session'] === token ? route.fulfill(answerOf(503)) : route.continue();
    });
    await call(page, 'track', 'Stuck');
    await until(() => token, 'it is sent');
    await call(page, 'shutdown');
    const second = await boot(page, QUIET);
    await call(page, 'track', 'Passes');
    await until(async () => (await eventsNamed(second.id, 'Passes')).length, 'the other is stored');
    await page.unroute(EVENTS);
    await until(async () => (await eventsNamed(first.id, 'Stuck')).length, 'and then the first');
  });

  it('that is no answer of Okyaku counts as none', async () => {
    const { page } = await visit();
    const { id } = await boot(page, QUIET);
    let portals = 0;
    await page.route(EVENTS, (route) => (portals++ ? route.continue() : route.fulfill(answerOf(200, { hello: 'sign in to the network' }))));
    await call(page, 'track', 'Portal');
    await until(async () => (await storedEvents(id)).length === 1, 'it is stored');
  });

  it('of the plugin key is told, and the events go with the right one', async () => {
    const { page, warnings } = await visit();
    await call(page, 'track', 'Patient');
    const status = await page.evaluate(() => new Promise((done) =>
      ChannelIO('boot', { pluginKey: 'wrong' }, (error, user) => done([error?.status, user]))));
    assert.deepEqual(status, [401, null]);
    assert.match(warnings.join(), /boot failed: /);
    const { id } = await boot(page, QUIET);
    await until(async () => (await eventsNamed(id, 'Patient')).length === 1, 'it is stored');
  });
});
