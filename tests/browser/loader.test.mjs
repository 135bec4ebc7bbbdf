// @ts-check
/** The official npm loader, unmodified, on a shop of another origin: every call it forwards arrives in the Open API. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { OKYAKU, PLUGIN_KEY, eventsNamed, launch, memberOption, needServer, newVisitor, openShop, storedUser, unique, until } from './support.mjs';

const LOADER = new URL('./node_modules/@channel.io/channel-web-sdk-loader/dist/index.esm.mjs', import.meta.url);
const SHOP = "import * as sdk from '/loader.mjs'; sdk.loadScript(); window.sdk = sdk;";

describe('the npm loader', () => {
  const memberId = unique('loader');
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {Awaited<ReturnType<typeof openShop>>} */
  let shop;
  /** @type {Awaited<ReturnType<typeof newVisitor>>} */
  let visitor;
  /** @type {import('playwright-core').Page} */
  let page;
  /** @type {string[]} */
  const elsewhere = [];
  let userId = '';

  /** Calls the loader's function, and waits for its callback. @param {string} name @param {any} value
   * @returns {Promise<{error: any, user: any}>} */
  const sdk = (name, value) =>
    page.evaluate(([method, argument]) => new Promise((done) => {
      /** @type {any} */ (window).sdk[method](argument, (/** @type {any} */ error, /** @type {any} */ user) =>
        done({ error: error && error.message, user }));
    }), [name, value]);
  /** Without a callback. @param {string} name @param {...any} args */
  const tell = (name, ...args) =>
    page.evaluate(([method, rest]) => /** @type {any} */ (window).sdk[method](...rest), /** @type {any} */ ([name, args]));

  before(async () => {
    await needServer();
    shop = await openShop({
      '/': `<!doctype html><title>Shop</title><script src="${OKYAKU}/okyaku.js"></script><script type="module" src="/shop.mjs"></script>`,
      '/late': `<!doctype html><title>Late</title><script type="module" src="/shop.mjs"></script>
        <script type="module" src="/late.mjs"></script><script src="${OKYAKU}/okyaku.js" defer></script>`,
      '/shop.mjs': { type: 'text/javascript', body: SHOP },
      '/late.mjs': { type: 'text/javascript', body: `sdk.boot({ pluginKey: '${PLUGIN_KEY}' }, (error, user) => (window.late = user));` },
      '/loader.mjs': { type: 'text/javascript', body: await readFile(LOADER, 'utf8') },
    });
    browser = await launch();
    visitor = await newVisitor(browser);
    page = visitor.page;
    page.on('request', (request) => {
      if (![shop.url, OKYAKU].includes(new URL(request.url()).origin)) elsewhere.push(request.url());
    });
    await page.goto(shop.url);
    await page.waitForFunction(() => 'sdk' in window);
  });
  after(async () => {
    await browser?.close();
    shop?.close();
  });

  it("boots a visitor and hands the callback Channel's user object", async () => {
    const { error, user } = await sdk('boot', { pluginKey: PLUGIN_KEY, hideChannelButtonOnBoot: true, zIndex: 5 });
    assert.equal(error, null);
    assert.equal(typeof user.id, 'string');
    assert.equal(user.member, false);
    assert.equal(user.alert, 0);
    assert.equal(user.unread, 0);
    assert.equal(user.unsubscribeEmail, false);
    assert.equal(user.unsubscribeTexting, false);
    for (const hidden of ['blocked', 'city', 'country']) assert.ok(!(hidden in user), `${hidden} is not the page's to know`);
    assert.equal((await storedUser(user.id)).sessionsCount, 1);
  });

  it('boots a member with a proven id', async () => {
    const { error, user } = await sdk('boot', { ...memberOption(memberId), profile: { name: 'Lucas', email: `${memberId}@example.com` } });
    assert.equal(error, null);
    assert.equal(user.memberId, memberId);
    userId = user.id;
    const stored = await storedUser(`@${memberId}`);
    assert.equal(stored.id, userId);
    assert.equal(stored.name, 'Lucas', "a member's boot says the site's name");
    assert.equal(stored.profile.email, `${memberId}@example.com`);
  });

  it('refuses a member whose hash is wrong', async () => {
    const { page: other, context } = await newVisitor(browser);
    await other.goto(shop.url);
    await other.waitForFunction(() => 'sdk' in window);
    const reply = await other.evaluate((option) => new Promise((done) => {
      /** @type {any} */ (window).sdk.boot(option, (/** @type {any} */ error, /** @type {any} */ user) => done({ error: error?.status, user }));
    }), { ...memberOption(memberId), memberHash: '0'.repeat(64) });
    assert.deepEqual(reply, { error: 401, user: null });
    await context.close();
  });

  it('tracks', async () => {
    await tell('track', 'AddToCart', { id: '7', name: '셔츠', quantity: 1, amount: 12.5, gift: true, note: null });
    const [event] = await until(async () => {
      const found = await eventsNamed(userId, 'AddToCart');
      return found.length ? found : null;
    }, 'the event is stored');
    assert.deepEqual(event.property, { id: '7', name: '셔츠', quantity: 1, amount: 12.5, gift: true, note: null });
  });

  it('updates the user: values, null for one field, null for all', async () => {
    const values = await sdk('updateUser', {
      profile: { mobileNumber: '+821012345678', size: 'M' }, profileOnce: { email: 'late@example.com', plan: 'free' },
      language: 'ja', tags: ['VIP'], unsubscribeTexting: true,
    });
    assert.equal(values.error, null);
    assert.equal(values.user.language, 'ja');
    let stored = await storedUser(userId);
    assert.equal(stored.profile.mobileNumber, '+821012345678');
    assert.equal(stored.profile.email, `${memberId}@example.com`, 'profileOnce does not replace');
    assert.equal(stored.profile.plan, 'free');
    assert.deepEqual(stored.tags, ['vip']);
    assert.equal(stored.unsubscribeTexting, true);

    assert.equal((await sdk('updateUser', { profile: { size: null } })).error, null);
    stored = await storedUser(userId);
    assert.equal(stored.profile.size ?? null, null);
    assert.equal(stored.profile.plan, 'free', 'what is absent stays');

    assert.equal((await sdk('updateUser', { profile: null })).error, null);
    stored = await storedUser(userId);
    assert.equal(stored.profile.plan ?? null, null);
    assert.equal(stored.profile.mobileNumber ?? null, null);
  });

  it('adds and removes tags, in lower case', async () => {
    assert.deepEqual((await sdk('addTags', ['Summer', 'LINEN'])).user.tags.sort(), ['linen', 'summer', 'vip']);
    assert.deepEqual((await sdk('removeTags', ['Linen', 'unknown'])).user.tags.sort(), ['summer', 'vip']);
    assert.deepEqual((await storedUser(userId)).tags.sort(), ['summer', 'vip']);
  });

  it('names the page as setPage says, until resetPage', async () => {
    await tell('setPage', 'summer-sale', { from: 'menu' });
    await sdk('boot', memberOption(memberId));
    await tell('resetPage');
    await sdk('boot', memberOption(memberId));
    const urls = await until(async () => {
      const views = await eventsNamed(userId, 'PageView');
      const found = views.map((event) => event.property.url);
      return found.includes('summer-sale') && found.at(-1) !== 'summer-sale' ? found : null;
    }, 'both page views are stored');
    assert.equal(urls.at(-1), `${shop.url}/`);
  });

  it("accepts the messenger's calls and does nothing", async () => {
    const before = visitor.warnings.length;
    for (const name of ['showMessenger', 'hideMessenger', 'openChat', 'openWorkflow', 'onShowMessenger', 'onHideMessenger', 'onBadgeChanged',
      'onChatCreated', 'onFollowUpChanged', 'onUrlClicked', 'clearCallbacks', 'showChannelButton', 'hideChannelButton', 'setAppearance']) {
      await tell(name);
    }
    assert.deepEqual(visitor.warnings.slice(before), []);
  });

  it('starts a new person after shutdown', async () => {
    await tell('shutdown');
    const { user } = await sdk('boot', { pluginKey: PLUGIN_KEY });
    assert.equal(user.member, false);
    assert.notEqual(user.id, userId);
  });

  it('drives okyaku.js also when the loader came first', async () => {
    await page.goto(`${shop.url}/late`);
    const user = await page.waitForFunction(() => /** @type {any} */ (window).late).then((handle) => handle.jsonValue());
    assert.equal(typeof user.id, 'string');
  });

  it("never loads anything from Channel's servers, and never throws", () => {
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(visitor.errors, []);
  });
});
