// @ts-check
/** The demo shop, pressed from top to bottom; then what the Open API says of it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { OKYAKU, eventsNamed, launch, needServer, newVisitor, openApi, storedEvents, storedUser, unique, until } from './support.mjs';

const PRODUCT = { id: 'P-100', name: 'Linen shirt', amount: 59000 };
const ORDER = {
  id: 'O-20001',
  totalAmount: 121000,
  shippingAmount: 3000,
  products: [{ id: 'P-100', name: 'Linen shirt', amount: 59000, quantity: 2 }],
};
const SENT = {
  SignUp: {},
  ProductView: PRODUCT,
  AddToWish: PRODUCT,
  AddToCart: { ...PRODUCT, quantity: 2 },
  CheckoutBegin: ORDER,
  CheckoutComplete: ORDER,
};

describe('the demo shop', () => {
  const memberId = unique('demo');
  const email = `${memberId}@example.com`;
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {Awaited<ReturnType<typeof newVisitor>>} */
  let visitor;
  /** @type {import('playwright-core').Page} */
  let page;
  let visitorId = '';
  let userId = '';

  const booted = () => page.waitForFunction(() => document.documentElement.dataset.booted)
    .then((handle) => /** @type {Promise<string>} */ (handle.jsonValue()));
  /** @param {string} name @param {number} width */
  const picture = async (name, width) => {
    if (!process.env.OKYAKU_SCREENSHOTS) return;
    await page.setViewportSize({ width, height: 900 });
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: `${process.env.OKYAKU_SCREENSHOTS}/${name}-${width}.png`, fullPage: true });
    await page.setViewportSize({ width: 1280, height: 900 });
  };

  before(async () => {
    await needServer();
    browser = await launch();
    visitor = await newVisitor(browser);
    page = visitor.page;
    await page.setViewportSize({ width: 1280, height: 900 });
  });
  after(() => browser?.close());

  it('counts ten page loads of a visitor as one session', async () => {
    await page.goto(`${OKYAKU}/demo`);
    await picture('demo-start', 1280);
    await page.click('#boot-visitor');
    visitorId = await booted();
    for (let load = 2; load <= 10; load++) {
      await page.reload();
      assert.equal(await booted(), visitorId, `load ${load} is the same visitor`);
    }
    await until(async () => (await eventsNamed(visitorId, 'PageView')).length === 10, 'ten page views are stored');
    const user = await storedUser(visitorId);
    assert.equal(user.sessionsCount, 1);
    assert.equal(user.web.sessionsCount, 1);
    assert.equal(user.member, false);
    const [view] = await eventsNamed(visitorId, 'PageView');
    assert.deepEqual(view.property, { url: `${OKYAKU}/demo`, title: 'Okyaku demo shop' });
  });

  it('stores what a visitor does before the log-in', async () => {
    await page.click('#event-ProductView');
    await until(async () => (await eventsNamed(visitorId, 'ProductView')).length === 1, 'the product view is stored');
  });

  it('makes the visitor a member whose timeline begins before the log-in', async () => {
    await page.fill('#member-id', memberId);
    await page.click('#boot-member');
    await page.waitForFunction((id) => document.documentElement.dataset.booted !== id, visitorId);
    userId = await booted();
    const user = await storedUser(userId);
    assert.equal(user.memberId, memberId);
    assert.equal(user.type, 'member');
    assert.equal(user.member, true);
    assert.equal(user.sessionsCount, 1);
    assert.equal((await storedUser(`@${memberId}`)).id, userId);
    assert.equal((await storedUser(visitorId)).id, userId, "the visitor's id answers the member");
    const names = (await storedEvents(userId)).map((event) => event.name);
    assert.equal(names.filter((name) => name === 'ProductView').length, 1);
    assert.ok(names.filter((name) => name === 'PageView').length >= 10);
  });

  it('stores the six shop events with their properties as sent', async () => {
    const pressed = Date.now();
    for (const name of Object.keys(SENT)) await page.click(`#event-${name}`);
    for (const [name, property] of Object.entries(SENT)) {
      const [event] = await until(async () => {
        const sent = (await eventsNamed(userId, name)).filter(({ createdAt }) => createdAt >= pressed);
        return sent.length ? sent : null;
      }, `${name} is stored`);
      assert.equal(event.userId, userId);
      assert.deepEqual(event.property ?? {}, property, name);
    }
    const [complete] = await eventsNamed(userId, 'CheckoutComplete');
    const { profile } = await until(async () => {
      const user = await storedUser(userId);
      return user.profile.lastCheckoutCompletedAt ? user : null;
    }, 'lastCheckoutCompletedAt is set');
    assert.equal(profile.lastCheckoutCompletedAt, complete.createdAt);
    const order = (await storedEvents(userId)).filter(({ createdAt }) => createdAt >= pressed);
    assert.deepEqual(order.map(({ name }) => name), Object.keys(SENT), 'in the order of the clicks');
  });

  it('updates the profile, and adds and removes tags', async () => {
    await page.fill('#profile-name', 'Lucas 김');
    await page.fill('#profile-email', `  ${email.toUpperCase()} `);
    await page.check('#unsubscribe-email');
    await page.click('#update-user');
    const user = await until(async () => {
      const now = await storedUser(userId);
      return now.profile.name ? now : null;
    }, 'the profile is stored');
    assert.equal(user.profile.name, 'Lucas 김');
    assert.equal(user.profile.email, email);
    assert.equal(user.profile.mobileNumber, '+821012345678');
    assert.equal(user.unsubscribeEmail, true);
    assert.equal(user.unsubscribeTexting, false);

    await page.fill('#tags', 'VIP, linen');
    await page.click('#add-tags');
    await until(async () => (await storedUser(userId)).tags.length === 2, 'the tags are stored');
    assert.deepEqual((await storedUser(userId)).tags.sort(), ['linen', 'vip']);
    await page.fill('#tags', 'linen');
    await page.click('#remove-tags');
    await until(async () => (await storedUser(userId)).tags.length === 1, 'a tag is removed');
    assert.deepEqual((await storedUser(userId)).tags, ['vip']);
  });

  it('shows what is stored', async () => {
    await page.click('#refresh');
    await page.waitForFunction((id) => document.getElementById('customer')?.textContent?.includes(id), `"${memberId}"`);
    assert.match(await page.innerText('#customer'), /"lastCheckoutCompletedAt": \d+/);
    assert.match(await page.innerText('#timeline'), /CheckoutComplete[^]*AddToCart[^]*PageView/);
    assert.match(await page.innerText('#last-reply'), /\/front\/v1\//);
    assert.match(await page.innerText('#warnings'), /Nothing was dropped/);
    await picture('demo', 1280);
    await picture('demo', 390);
  });

  it('creates a lead once', async () => {
    await page.fill('#lead-email', `lead-${email}`);
    await page.click('#create-lead');
    await page.waitForFunction(() => document.getElementById('customer')?.textContent?.includes('"lead"'));
    await page.click('#create-lead');
    await page.waitForFunction(() => document.getElementById('warnings')?.textContent?.includes('registered already'));
    await picture('demo-lead', 390);
  });

  it('starts a new visitor after a shutdown', async () => {
    await page.click('#shutdown');
    await page.click('#boot-visitor');
    const next = await booted();
    assert.notEqual(next, visitorId);
    assert.notEqual(next, userId);
    assert.equal((await storedUser(next)).member, false);
  });

  it('forgets the member whole', async () => {
    await page.click('#boot-member');
    await page.waitForFunction((id) => document.documentElement.dataset.booted === id, userId);
    await page.click('#delete-member');
    await until(async () => (await openApi(`/open/v5/users/${userId}`)).status === 404, 'the member is gone');
    assert.equal((await openApi(`/open/v5/users/@${memberId}`)).status, 404);
    assert.equal((await openApi(`/open/v5/users/${visitorId}`)).status, 404, 'with the life before the log-in');
    await page.waitForFunction(() => document.getElementById('status')?.textContent?.startsWith('404'));
    await page.click('#event-ProductView');
    await page.waitForFunction(() => document.getElementById('warnings')?.textContent?.includes('dropped'));
    assert.equal((await openApi(`/open/v5/users/${userId}`)).status, 404);
    await picture('demo-deleted', 1280);
    assert.deepEqual(visitor.errors, []);
  });
});
