// @ts-check
/** A visitor who does not consent: nothing is stored, nothing is sent, and no call hangs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EVENTS, OKYAKU, PLUGIN_KEY, QUIET, boot, call, callBack, eventsNamed, kept, memberOption, stage, storedEvents, storedUser, unique, until } from './support.mjs';

describe('consent', () => {
  const { visit, shop } = stage({
    '/refused': `<!doctype html><title>Refused</title><script>OKYAKU_CONSENT = false</script><script src="${OKYAKU}/okyaku.js"></script>`,
  });

  /** Every request to Okyaku but for the script. @param {import('playwright-core').Page} page */
  function watch(page) {
    const sent = /** @type {string[]} */ ([]);
    page.on('request', (request) => request.url().startsWith(`${OKYAKU}/front`) && sent.push(request.url()));
    return sent;
  }

  it('refused from the start stores nothing, sends nothing and answers', async () => {
    const { page, warnings, context } = await visit('/refused?utm_source=letter');
    const sent = watch(page);
    for (const [method, value] of /** @type {[string, any][]} */ ([
      ['boot', { pluginKey: PLUGIN_KEY }], ['updateUser', { profile: { size: 'L' } }], ['addTags', ['vip']], ['removeTags', ['vip']],
    ])) {
      const { error, user } = await callBack(page, method, value);
      assert.deepEqual([error.status, user], [451, null], method);
    }
    for (const name of ['track', 'shutdown', 'setPage', 'resetPage', 'showMessenger']) await call(page, name, 'Something');
    await page.reload();
    await new Promise((done) => setTimeout(done, 1_500));
    assert.deepEqual([await kept(page), await context.cookies(), sent, warnings], [[], [], [], []]);
  });

  it('refused later removes what is there and sends no more', async () => {
    const { page, context } = await visit('/?utm_source=letter');
    const { id } = await boot(page);
    await page.route(EVENTS, (route) => route.abort());
    await call(page, 'track', 'Unsent');
    assert.ok((await kept(page)).length >= 4);
    const result = await page.evaluate(() => new Promise((done) => {
      ChannelIO('updateUser', { profile: { size: 'L' } }, (error) => done(error?.status));
      ChannelIO('consent', false);
    }));
    assert.equal(result, 451, 'what was under way is answered');
    assert.deepEqual([await kept(page), await context.cookies()], [[], []]);
    await page.unroute(EVENTS);
    const sent = watch(page);
    await call(page, 'track', 'Later');
    await page.goto(`${shop.url}/bare`);
    assert.deepEqual([sent, await kept(page)], [[], []]);
    assert.deepEqual((await storedEvents(id)).map(({ name }) => name).filter((name) => name !== 'PageView'), []);
  });

  it('refused while a boot is under way keeps its answer out', async () => {
    const { page, context } = await visit();
    let open = () => {};
    const gate = new Promise((done) => (open = () => done(undefined)));
    await page.route('**/front/v1/boot', async (route) => {
      await gate;
      await route.continue();
    });
    const answer = callBack(page, 'boot', { pluginKey: PLUGIN_KEY });
    await new Promise((done) => setTimeout(done, 300));
    await call(page, 'consent', false);
    open();
    assert.equal((await answer).error.status, 451);
    assert.deepEqual([await kept(page), await context.cookies()], [[], []]);
  });

  it('refused ends what is being tried again', async () => {
    const { page } = await visit();
    await page.route('**/front/v1/boot', (route) => route.abort());
    const sent = watch(page);
    const answer = callBack(page, 'boot', { pluginKey: PLUGIN_KEY });
    await until(() => sent.length, 'it is tried');
    await call(page, 'consent', false);
    const tries = sent.length;
    assert.equal((await answer).error.status, 451);
    assert.equal(sent.length, tries);
  });

  it('granted later lets the calls go on, each once and in their order', async () => {
    const { page, context } = await visit('/refused?utm_source=letter');
    const option = { ...memberOption(unique('consent')), profile: { name: 'Lucas' } };
    await page.evaluate((given) => {
      const property = { n: 1 };
      const counts = /** @type {any} */ (window).answers = /** @type {any[]} */ ([]);
      ChannelIO('setPage', 'first');
      ChannelIO('boot', given, (error) => counts.push(error?.status));
      ChannelIO('track', 'Held', property);
      property.n = 2;
      ChannelIO('updateUser', { profile: { size: 'L' } }, (error) => counts.push(error?.status));
      ChannelIO('consent', true);
      ChannelIO('consent', true);
    }, option);
    const { id } = await boot(page, { ...QUIET, ...option });
    await until(async () => (await storedEvents(id)).length === 2, 'both are stored');
    assert.equal((await eventsNamed(id, 'Held'))[0].property.n, 1);
    assert.equal((await eventsNamed(id, 'PageView'))[0].property.url, 'first');
    const { profile } = await storedUser(id);
    assert.deepEqual([profile.size, profile.utmSource], ['L', 'letter']);
    assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).answers), [451, 451], 'no callback twice');
    assert.ok((await context.cookies()).some(({ name }) => name === 'ok-veil-id'));
  });

  it('takes nothing but true and false', async () => {
    const { page, warnings } = await visit();
    await call(page, 'consent', 'false');
    await boot(page);
    assert.match(warnings.join(), /consent needs true or false/);
  });
});
