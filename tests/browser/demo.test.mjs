// @ts-check
/** The demo shop, walked as a person does, wide and narrow; then what the Open API says, and what the panel shows. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { OKYAKU, eventsNamed, launch, needServer, newVisitor, openApi, storedEvents, storedUser, unique, until } from './support.mjs';

const DEMO = `${OKYAKU}/demo`;
const MOON_JAR = { id: 'moon-jar', name: 'Moon jar', amount: 128000, currency: 'KRW' };
const TEA_BOWL = { id: 'tea-bowl', name: 'Tea bowl', amount: 28000, currency: 'KRW' };

/** @typedef {import('playwright-core').Page} Page */

/** A page of the shop, and all that its console says.
 * @param {import('playwright-core').Browser} browser @param {number} [width] @param {number} [height] */
async function enter(browser, width = 1280, height = 800) {
  const { page, context, errors } = await newVisitor(browser);
  await page.setViewportSize({ width, height });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) errors.push(`${message.text()} ${message.location().url}`);
  });
  await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) =>
    console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`)));
  return { page, context, problems: errors };
}

/** The customer of the last boot. @param {Page} page @param {string} [not] an earlier one */
const customer = async (page, not = '') => (await page.waitForFunction((other) => {
  const now = document.documentElement.dataset.customer;
  return now && now !== other && now;
}, not)).jsonValue().then(String);

/** Waits until the panel has all of these. @param {Page} page @param {...string} parts */
const panelHas = (page, ...parts) => page.waitForFunction((all) => {
  const text = document.getElementById('panel')?.textContent || '';
  return all.every((part) => text.includes(part));
}, parts, { timeout: 10_000 }).catch(async () => assert.fail(`the panel lacks one of ${parts}: ${await page.locator('#panel').textContent()}`));

/** @param {Page} page @param {string} text */
const heading = (page, text) => page.waitForFunction((wanted) => document.querySelector('#main h1')?.textContent === wanted, text);

/** @param {string} id @param {string} name */
const stored = (id, name) => until(async () => {
  const found = await eventsNamed(id, name);
  return found.length ? found : null;
}, `${name} of ${id} is stored`);

/** A new member, by the form. @param {Page} page @param {string} email @param {string} phone */
async function signUp(page, email, phone) {
  await page.goto(`${DEMO}/sign-up`);
  const visitorId = await customer(page);
  await page.fill('[name="email"]', email);
  await page.fill('[name="phone"]', phone);
  await page.click('#sign-up button');
  await heading(page, 'Hello, Mina Park');
  await customer(page, visitorId);
}

/** The page as the server writes it for a channel of another region. @param {Page} page @param {string} region */
const inRegion = (page, region) => page.route((url) => /^\/demo(\/[\w/-]+)?$/.test(url.pathname), async (route) => {
  const response = await route.fetch();
  await route.fulfill({ response, body: (await response.text()).replace(/data-region="\w*"/, `data-region="${region}"`) });
});

/** @param {Page} page */
const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  await needServer();
  browser = await launch();
});
after(() => browser?.close());

for (const [width, height] of [[1280, 800], [390, 844]]) {
  describe(`the demo shop at ${width} × ${height}`, () => {
    const email = `${unique('demo')}@example.com`;
    /** @type {Awaited<ReturnType<typeof enter>>} */
    let visit;
    /** @type {Page} */
    let page;
    let visitorId = '';
    let userId = '';
    let memberId = '';

    before(async () => {
      visit = await enter(browser, width, height);
      page = visit.page;
    });
    after(() => visit.context.close());

    it('shows a visitor beside the shop', async () => {
      assert.equal((await page.goto(OKYAKU))?.url(), DEMO);
      visitorId = await customer(page);
      await panelHas(page, visitorId, 'anonymous', 'PageView', '1 event', "ChannelIO('boot', {", "pluginKey: 'dev-plugin-key'");
      const [view] = await stored(visitorId, 'PageView');
      assert.deepEqual(view.property, { url: '/', title: 'Linen and clay – Marudal' });
      assert.equal(await sideways(page), 0);
    });

    it('stores what is wished for, looked at and put into the cart, and shows the call and the event', async () => {
      await page.click('[data-wish="tea-bowl"]');
      assert.equal(await page.getAttribute('[data-wish="tea-bowl"]', 'aria-pressed'), 'true');
      await page.click('.card a[href="/demo/products/moon-jar"]');
      await heading(page, 'Moon jar');
      assert.equal(await page.title(), 'Moon jar – Marudal');
      await page.selectOption('#quantity', '2');
      await page.click('#add-to-cart');
      await panelHas(page, "ChannelIO('track', 'AddToCart', {");
      assert.deepEqual((await stored(visitorId, 'AddToCart'))[0].property, { ...MOON_JAR, quantity: 2 });
      assert.deepEqual((await stored(visitorId, 'AddToWish'))[0].property, TEA_BOWL);
      assert.deepEqual((await stored(visitorId, 'ProductView'))[0].property, MOON_JAR);
      await page.waitForSelector('.timeline li:has-text("AddToCart"):has-text("quantity 2")', { state: 'attached' });
      assert.equal(await sideways(page), 0);
    });

    it('keeps wish list, cart and visitor over a reload, a deep link and the way back', async () => {
      await page.reload();
      await heading(page, 'Moon jar');
      assert.equal(await page.innerText('#cart-count'), '2');
      await page.goto(`${DEMO}/products/teapot`);
      await heading(page, 'Side-handle teapot');
      await page.click('header a[href="/demo/wish-list"]');
      await heading(page, 'Wish list');
      assert.match(await page.innerText('.rows'), /Tea bowl/);
      assert.equal(await sideways(page), 0);
      await page.goBack();
      await heading(page, 'Side-handle teapot');
      assert.equal(await customer(page), visitorId);
      assert.equal((await storedUser(visitorId)).sessionsCount, 1);
      await page.goto(`${DEMO}/no/such/page`);
      await heading(page, 'There is no such page');
    });

    it('checks out as a visitor', async () => {
      await page.click('header a[href="/demo/cart"]');
      await page.selectOption('[data-quantity="moon-jar"]', '1');
      assert.equal(await sideways(page), 0);
      await page.click('#check-out');
      await heading(page, 'Checkout');
      await stored(visitorId, 'CheckoutBegin');
      await page.reload();
      await page.click('#place-order');
      await heading(page, 'Thank you');
      const [{ property }] = await stored(visitorId, 'CheckoutComplete');
      assert.deepEqual(property, {
        id: property.id, totalAmount: 128000, shippingAmount: 0, currency: 'KRW',
        products: [{ id: 'moon-jar', name: 'Moon jar', quantity: 1, amount: 128000 }],
      });
      const begun = await eventsNamed(visitorId, 'CheckoutBegin');
      assert.deepEqual(begun.map((event) => event.property), [property], 'begun once, also over a reload');
      await until(async () => (await storedUser(visitorId)).tags.includes('bought-clay'), 'the tag is stored');
      await panelHas(page, 'bought-clay', 'lastCheckoutCompletedAt', 'CheckoutComplete');
      await page.reload();
      await heading(page, 'Thank you');
      assert.match(await page.innerText('#main'), new RegExp(property.id));
      assert.equal(await page.innerText('#cart-count'), '');
      assert.equal(await sideways(page), 0);
    });

    it('makes the visitor a member, whose timeline begins before', async () => {
      await page.click('#main a[href="/demo/sign-up"]');
      await page.fill('[name="name"]', 'Lucas 김');
      await page.fill('[name="email"]', email);
      await page.fill('[name="phone"]', '010-2468-2468');
      await page.click('#sign-up button');
      await heading(page, 'Hello, Lucas 김');
      userId = await customer(page, visitorId);
      await stored(userId, 'SignUp');
      const user = await until(async () => {
        const now = await storedUser(userId);
        return now.tags.includes('newsletter') && now;
      }, 'the tag is stored');
      memberId = user.memberId;
      assert.equal(user.type, 'member');
      assert.equal(user.name, 'Lucas 김');
      assert.equal(user.profile.email, email);
      assert.equal(user.profile.mobileNumber, '+821024682468');
      assert.equal(user.unsubscribeEmail, false);
      assert.equal((await storedUser(visitorId)).id, userId, "the visitor's id answers the member");
      assert.ok((await storedEvents(userId)).some((event) => event.name === 'AddToCart' && event.userId === visitorId));
      await panelHas(page, memberId, 'member', 'Lucas 김', email, '+821024682468', 'newsletter', 'SignUp', 'as visitor');
      assert.equal(await sideways(page), 0);
    });

    it('takes the consent back', async () => {
      await page.uncheck('[name="marketing"]');
      await page.click('#details button');
      const user = await until(async () => {
        const now = await storedUser(userId);
        return now.unsubscribeEmail && !now.tags.includes('newsletter') && now;
      }, 'the consent is taken back');
      assert.equal(user.unsubscribeTexting, true);
      await panelHas(page, 'marketingrefused', "ChannelIO('removeTags', ['newsletter'])");
    });

    it('is somebody new after a log-out, and the member again after a log-in', async () => {
      await page.click('#log-out');
      await heading(page, 'Few things, made slowly');
      const next = await customer(page, userId);
      assert.notEqual(next, visitorId);
      assert.equal((await storedUser(next)).member, false);
      await panelHas(page, next, 'anonymous', 'shutdown');
      await page.click('#account-link');
      await page.fill('[name="email"]', `nobody-${email}`);
      await page.click('#log-in button');
      await page.waitForSelector('.problem:has-text("Nobody has an account")');
      await page.fill('[name="email"]', email);
      await page.click('#log-in button');
      await heading(page, 'Hello, Lucas 김');
      assert.equal(await customer(page, next), userId);
    });

    it('forgets the member whole, says so, and goes on with somebody new', async () => {
      await page.click('#leave');
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog', { state: 'detached' }); // one may stay
      // What is still on its way would be refused after the erasure, with a word in the console.
      await page.waitForFunction(() => !Object.keys(localStorage).some((key) => /^ok-(queue|pause)/.test(key)));
      await page.click('#leave');
      await page.click('#leave-for-good');
      await heading(page, 'You are forgotten');
      for (const id of [userId, visitorId, `@${memberId}`]) assert.equal((await openApi(`/open/v5/users/${id}`)).status, 404, id);
      await panelHas(page, 'Forgotten.', userId, '404', `DELETE /open/v5/users/@${memberId}`);
      assert.equal(await page.locator('.timeline li').count(), 0);
      await page.reload();
      await panelHas(page, 'Forgotten.', userId);
      assert.equal(await sideways(page), 0);
      assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
      await page.click('#main a.button');
      const next = await customer(page, userId);
      await panelHas(page, next, 'anonymous', 'PageView');
      assert.equal((await openApi(`/open/v5/users/@${memberId}`)).status, 404);
    });

    it('says nothing in the console, and breaks no policy', () => assert.deepEqual(visit.problems, []));
  });
}

describe('the demo shop', () => {
  it('can be used by keyboard, and its panel too', async () => {
    const { page, context, problems } = await enter(browser, 390, 844);
    await page.goto(DEMO);
    await customer(page);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip');
    await page.focus('#panel-toggle');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#panel-body', { state: 'visible' });
    assert.equal(await page.getAttribute('#panel-toggle', 'aria-expanded'), 'true');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#panel-body', { state: 'hidden' });
    await page.focus('.card a[href="/demo/products/tea-bowl"]');
    await page.keyboard.press('Enter');
    await heading(page, 'Tea bowl');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main', 'the focus goes with the page');
    await page.focus('#add-to-cart');
    await page.keyboard.press('Enter');
    const [{ property }] = await stored(await customer(page), 'AddToCart');
    assert.deepEqual(property, { ...TEA_BOWL, quantity: 1 });
    const unnamed = await page.evaluate(() => [...document.querySelectorAll('a, button, select, input')].filter((element) =>
      !(element.textContent || element.getAttribute('aria-label') || /** @type {any} */ (element).labels?.[0]?.textContent || '').trim()).length);
    assert.equal(unnamed, 0, 'all that can be used has a name');
    assert.deepEqual(problems, []);
    await context.close();
  });

  it('shows beside the field which value was dropped and why, and calls only the rest saved', async () => {
    const { page, context } = await enter(browser);
    const notice = (/** @type {string} */ text) => page.waitForFunction((wanted) => document.getElementById('notice')?.textContent === wanted, text);
    const problem = () => page.innerText('#field-phone-problem');
    const DROPPED = /^The phone number was not stored: must be a phone number, .+\.$/;
    await signUp(page, `${unique('dropped')}@example.com`, '12345');
    await notice('Saved, except the phone number.');
    assert.match(await problem(), DROPPED);
    assert.equal(await page.getAttribute('[name="phone"]', 'aria-invalid'), 'true');
    assert.equal(await page.inputValue('[name="phone"]'), '12345', 'the person can mend it');
    const id = await customer(page);
    assert.equal((await storedUser(id)).profile.mobileNumber, undefined);

    await page.fill('[name="phone"]', '010-2468-2468');
    await page.click('#details button');
    await notice('Saved.');
    assert.equal(await page.locator('#field-phone-problem').textContent(), '');
    assert.equal(await page.getAttribute('[name="phone"]', 'aria-invalid'), 'false');
    assert.equal((await storedUser(id)).profile.mobileNumber, '+821024682468');

    await page.fill('[name="phone"]', '999');
    await page.uncheck('[name="marketing"]');
    await page.click('#details button');
    await notice('Saved, except the phone number.');
    assert.match(await problem(), DROPPED);
    const user = await storedUser(id);
    assert.equal(user.profile.mobileNumber, '+821024682468');
    assert.equal(user.unsubscribeEmail, true, 'the rest is stored');
    await page.reload();
    await heading(page, 'Hello, Mina Park');
    assert.equal(await page.inputValue('[name="phone"]'), '010-2468-2468', 'the number that is stored');
    assert.equal(await page.isChecked('[name="marketing"]'), false);
    await context.close();
  });

  it('does not say saved when the update fails', async () => {
    const { page, context } = await enter(browser);
    await signUp(page, `${unique('failed')}@example.com`, '');
    await page.waitForSelector('#notice:has-text("Welcome, Mina Park.")');
    await page.route('**/front/v1/users/me', (route) => route.fulfill({ status: 413, json: { message: 'profile: too large' } }));
    await page.fill('[name="phone"]', '010-2468-2468');
    await page.click('#details button');
    await page.waitForSelector('#details > .problem:has-text("Nothing was saved: profile: too large.")');
    assert.doesNotMatch(await page.innerText('#notice'), /Saved/);
    await context.close();
  });

  it('has the prices, the currency and the phone number of the region', async () => {
    for (const [region, price, amount, currency, phone] of /** @type {[string, string, number, string, string][]} */ ([
      ['KR', '₩28,000', 28000, 'KRW', '010-1234-5678'],
      ['JP', '¥3,000', 3000, 'JPY', '090-1234-5678'],
      ['US', '$22.00', 22, 'USD', '(201) 555-0123'],
      ['DE', '€20.00', 20, 'EUR', '+1 201-555-0123'],
      ['BR', '$22.00', 22, 'USD', '+1 201-555-0123'],
    ])) {
      const { page, context, problems } = await enter(browser);
      await inRegion(page, region);
      await page.goto(`${DEMO}/products/tea-bowl`);
      assert.equal(await page.innerText('.about .price'), price, region);
      await page.click('#add-to-cart');
      const id = await customer(page);
      assert.deepEqual((await stored(id, 'AddToCart'))[0].property, { ...TEA_BOWL, amount, currency, quantity: 1 });
      await page.goto(`${DEMO}/checkout`);
      await page.click('#place-order');
      const [{ property }] = await stored(id, 'CheckoutComplete');
      assert.equal(property.currency, currency);
      assert.equal(property.totalAmount, amount + property.shippingAmount);
      await page.goto(`${DEMO}/sign-up`);
      assert.equal(await page.inputValue('[name="phone"]'), phone, region);
      assert.deepEqual(problems, []);
      await context.close();
    }
  });

  it('takes the region from the development channel', async () => {
    const html = await (await fetch(DEMO)).text();
    assert.match(html, /<html lang="en" data-region="[A-Z]{2}">/);
  });

  it('shows a second person nothing of the first', async () => {
    const { page, context, problems } = await enter(browser);
    const first = `${unique('first')}@example.com`;
    await page.goto(`${DEMO}/products/moon-jar`);
    await page.click('#add-to-cart');
    await page.click('header a[href="/demo/cart"]');
    await page.click('#check-out');
    await page.click('#place-order');
    await heading(page, 'Thank you');
    const order = await page.innerText('#main b');
    await signUp(page, first, '010-1234-5678');
    await page.waitForSelector(`.goods:has-text("${order}")`);
    await page.click('.brand');
    await page.click('[data-wish="tea-bowl"]');
    await page.click('.card a[href="/demo/products/teapot"]');
    await page.click('#add-to-cart');
    assert.deepEqual([await page.innerText('#wish-count'), await page.innerText('#cart-count')], ['1', '1']);
    const firstId = await customer(page);
    await panelHas(page, 'AddToCart', first);
    const other = await context.newPage(); // what the first person left open
    await other.goto(`${DEMO}/account`);
    await other.waitForSelector(`.goods:has-text("${order}")`);

    await page.click('#account-link');
    await page.click('#log-out');
    await heading(page, 'Few things, made slowly');
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('demo-shop.'))), []);
    const nothing = async (/** @type {Page} */ shown) => {
      assert.deepEqual([await shown.innerText('#wish-count'), await shown.innerText('#cart-count')], ['', '']);
      const text = await shown.evaluate(() => document.body.textContent || '');
      for (const of of [order, first, firstId, 'Teapot', 'Side-handle']) assert.ok(!text.includes(of), `${of} is shown at ${shown.url()}`);
    };
    const visitorId = await customer(page, firstId);
    await panelHas(page, visitorId, 'anonymous');
    await heading(other, 'Log in');
    await nothing(other);
    await other.close();

    await signUp(page, `${unique('second')}@example.com`, '');
    await panelHas(page, 'SignUp');
    for (const path of ['/account', '/wish-list', '/cart', `/orders/${order}`]) {
      await page.goto(DEMO + path);
      await customer(page);
      await panelHas(page, 'Live');
      await nothing(page);
    }
    await page.goto(`${DEMO}/account`);
    const secondId = await customer(page);
    await page.click('#log-out');
    await heading(page, 'Few things, made slowly');
    const thirdId = await customer(page, secondId);
    await page.click('#account-link');
    await page.fill('[name="email"]', first);
    await page.click('#log-in button');
    await heading(page, 'Hello, Mina Park');
    assert.equal(await customer(page, thirdId), firstId);
    assert.deepEqual([await page.innerText('#wish-count'), await page.innerText('#cart-count')], ['', ''], 'cleared at the log-out');
    assert.deepEqual(problems, []);
    await context.close();
  });

  it('forgets who was shown at a log-out, also if the next boot fails', async () => {
    const { page, context } = await enter(browser);
    const email = `${unique('gone')}@example.com`;
    await signUp(page, email, '');
    await panelHas(page, email, 'SignUp');
    await page.route('**/front/v1/boot', (route) => route.fulfill({ status: 401, json: { message: 'pluginKey: unknown' } }));
    await page.click('#log-out');
    await panelHas(page, 'The boot was answered 401');
    assert.doesNotMatch(await page.evaluate(() => document.body.textContent || ''), new RegExp(email));
    await context.close();
  });

  it('says that the server is gone, keeps what it knew, and recovers', async () => {
    const { page, context } = await enter(browser);
    await page.goto(DEMO);
    const id = await customer(page);
    await panelHas(page, id, 'Live');
    await context.route(/\/(okyaku|open|front)\/v/, (route) => route.abort());
    await panelHas(page, `No answer from ${OKYAKU}`, id);
    await page.goto(`${DEMO}/sign-up`);
    await page.click('#sign-up button');
    await page.waitForSelector('.problem:has-text("cannot reach Okyaku")');
    await page.click('.brand');
    await page.click('[data-wish="tea-bowl"]');
    await context.unroute(/\/(okyaku|open|front)\/v/);
    await stored(id, 'AddToWish');
    await panelHas(page, id, 'Live', 'AddToWish');
    await context.close();
  });

  it('says that nobody is forgotten yet where the erasure fails, and can be asked again', async () => {
    const { page, context } = await enter(browser);
    await page.goto(`${DEMO}/sign-up`);
    await page.fill('[name="email"]', `${unique('leaver')}@example.com`);
    const visitorId = await customer(page);
    await page.click('#sign-up button');
    const id = await customer(page, visitorId);
    await context.route('**/open/v5/users/*', (route) => (route.request().method() === 'DELETE' ? route.fulfill({ status: 503 }) : route.continue()));
    await page.click('#leave');
    await page.click('#leave-for-good');
    await page.waitForSelector('.problem:has-text("You are not forgotten yet")');
    await panelHas(page, id, 'Live');
    await context.unroute('**/open/v5/users/*');
    await page.click('#main a.button');
    await heading(page, 'You are forgotten');
    assert.equal((await openApi(`/open/v5/users/${id}`)).status, 404);
    await context.close();
  });

  it('says that a boot was refused', async () => {
    const { page, context } = await enter(browser);
    await page.route('**/front/v1/boot', (route) => route.fulfill({ status: 401, json: { message: 'pluginKey: unknown' } }));
    await page.goto(DEMO);
    await panelHas(page, 'The boot was answered 401: pluginKey: unknown');
    await context.close();
  });

  it('sells on when the page script does not come', async () => {
    const { page, context } = await enter(browser);
    await page.route('**/okyaku.js', (route) => route.abort());
    await page.goto(`${DEMO}/products/tea-bowl`);
    await page.click('#add-to-cart');
    assert.equal(await page.innerText('#cart-count'), '1');
    await panelHas(page, 'Waiting for a boot', "ChannelIO('track', 'AddToCart', {");
    await context.close();
  });

  it('works with the npm loader in place of the snippet', async () => {
    const { page, context, problems } = await enter(browser);
    const loader = await readFile(new URL('./node_modules/@channel.io/channel-web-sdk-loader/dist/index.esm.mjs', import.meta.url), 'utf8');
    /** @type {string[]} */
    const elsewhere = [];
    page.on('request', (request) => new URL(request.url()).origin === OKYAKU || elsewhere.push(request.url()));
    /** @param {string} path @param {(text: string) => string} change */
    const rewrite = (path, change) => page.route(DEMO + path, async (route) => {
      const response = await route.fetch();
      const [text, changed] = [await response.text(), change(await response.text())];
      assert.notEqual(changed, text, path);
      await route.fulfill({ response, body: changed });
    });
    await rewrite('', (html) => html.replace(/<script>\(function[^\n]*\n/, '').replace('<script async src', '<script src'));
    await rewrite('/channel.js', (script) => `import * as loader from './loader.mjs';\nloader.loadScript();\n${
      script.replace('/** @type {any} */ (window).ChannelIO(method, ...args)', 'loader[method](...args)')}`);
    await page.route(`${DEMO}/loader.mjs`, (route) => route.fulfill({ contentType: 'text/javascript', body: loader }));
    await page.goto(DEMO);
    const id = await customer(page);
    await page.click('[data-wish="tea-bowl"]');
    assert.deepEqual((await stored(id, 'AddToWish'))[0].property, TEA_BOWL);
    await panelHas(page, id, 'AddToWish');
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(problems, []);
    await context.close();
  });
});
