// @ts-check
/**
 * A mall of Gabia Firstmall, which has a Plugin Key and an Access Secret and nothing else: what its templates print
 * arrives, and nothing beyond it. It starts an Okyaku of its own (OKYAKU_BIN), as its channel is made by `okyaku admin`.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { launch, newVisitor, openShop, until } from './support.mjs';

const BINARY = process.env.OKYAKU_BIN || fileURLToPath(new URL('../../target/debug/okyaku', import.meta.url));
const KEYS = { OKYAKU_HASH_KEY: randomBytes(32).toString('hex'), OKYAKU_TOKEN_KEY: `k1:${randomBytes(32).toString('hex')}` };
const ENGINE_KEY = randomBytes(16).toString('hex');
const ENV = { ...process.env, ...KEYS, OKYAKU_ENGINE_KEY: ENGINE_KEY, AWS_ACCESS_KEY_ID: ENGINE_KEY };
const MEMBER = 'seoyun-lee';
/** The fourteen keys of a profile, as a template prints them; the fifteenth value is the memberId. */
const PRINTED = {
  name: '이서윤', email: 'Seoyun@Example.com', mobileNumber: '010-2468-2468', wishCount: '3', cartCount: '2', cartPrice: '12,000',
  totalPurchasedCount: '7', totalPurchasedAmount: '1,234,500', lastCheckoutCompletedAt: '2026-11-20 10:00:00', couponCount: '0',
  availableMileage: '3,500.50', totalDeposit: '20,000', groupName: '단골', memberType: '개인',
};
const STORED = {
  name: '이서윤', email: 'seoyun@example.com', mobileNumber: '+821024682468', wishCount: 3, cartCount: 2, cartPrice: 12_000,
  totalPurchasedCount: 7, totalPurchasedAmount: 1_234_500, lastCheckoutCompletedAt: Date.parse('2026-11-20T10:00:00+09:00'), couponCount: 0,
  availableMileage: 3_500.5, totalDeposit: 20_000, groupName: '단골', memberType: '개인', totalPurchaseCount: 7, totalPurchaseAmount: 1_234_500,
};
const PRODUCTS = [{ id: '17', name: '찻잔', price: 12_000, quantity: 2 }, { id: '18', name: '차 거름망', price: 5_800, quantity: 1 }];
/** The six events with the properties that Firstmall's page lists. @type {[string, object?][]} */
const EVENTS = [
  ['SignUp'],
  ['ProductView', { id: '17', name: '찻잔', amount: 12_000 }],
  ['AddToWish', { id: '17', name: '찻잔', amount: 12_000 }],
  ['AddToCart', { id: '17', name: '찻잔', quantity: 2, amount: 24_000 }],
  ['CheckoutBegin', { id: '2026112010001', totalAmount: 32_800, shippingAmount: 3_000, products: PRODUCTS }],
  ['CheckoutComplete', { id: '2026112010001', totalAmount: 32_800, shippingAmount: 3_000, products: PRODUCTS }],
];

const freePort = () => new Promise((done) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    server.close(() => done(port));
  });
});

describe('a mall of Firstmall', () => {
  /** @type {{[path: string]: string}} */
  const pages = {};
  let okyaku = '';
  let engine = '';
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let server;
  /** @type {Awaited<ReturnType<typeof openShop>>} */
  let mall;
  /** @type {import('playwright-core').Browser | undefined} */
  let browser;
  /** What createChannel answers. @type {any} */
  let made;

  /** @param {object} command */
  async function admin(command) {
    const { stdout } = await promisify(execFile)(BINARY, ['--dynamodb', engine, 'admin', JSON.stringify(command)], { env: ENV });
    return JSON.parse(stdout);
  }

  /** @param {string} path */
  async function openApi(path) {
    const headers = { 'x-access-key': made.accessKey, 'x-access-secret': made.accessSecret };
    const response = await fetch(okyaku + path, { headers });
    return { status: response.status, body: await response.json() };
  }
  const user = async () => {
    const { status, body } = await openApi(`/open/v5/users/@${MEMBER}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body.user;
  };
  const events = async () => (await openApi(`/open/v5/users/@${MEMBER}/events?sortOrder=asc&limit=500`)).body.events;
  const names = async () => (await events()).map((/** @type {{name: string}} */ event) => event.name);

  before(async () => {
    const [port, enginePort] = [await freePort(), await freePort()];
    okyaku = `http://127.0.0.1:${port}`;
    engine = `http://127.0.0.1:${enginePort}`;
    server = spawn(BINARY, ['--data', 'memory', '--port', port, '--engine-port', enginePort], { stdio: 'ignore', env: ENV });
    const failed = new Promise((_, fail) => server?.on('error', (cause) => fail(new Error(`${BINARY}: cargo build, or OKYAKU_BIN`, { cause }))));
    await Promise.race([failed, until(() => fetch(`${okyaku}/okyaku.js`).then((reply) => reply.text(), () => ''), 'the server answers')]);
    mall = await openShop(pages);
    made = await admin({ action: 'createChannel', name: '차 가게', origins: [mall.url] });
    const connected = await admin({ action: 'setBuilder', channelId: made.channel.id, builder: 'firstmall', shop: 'tea.example.com' });
    assert.equal(connected.channel.id, made.channel.id);
    // All that a template of the mall knows of the channel: the Plugin Key, and what the Access Secret made of the id.
    const memberHash = createHmac('sha256', Buffer.from(made.memberHashSecret, 'hex')).update(MEMBER).digest('hex');
    const option = { pluginKey: made.pluginKey, memberId: MEMBER, memberHash, profile: { ...PRINTED, grade: 'gold' } };
    pages['/'] = `<!doctype html><html lang="ko"><meta charset="utf-8"><title>차 가게</title><script src="${okyaku}/okyaku.js"></script>
      <script>ChannelIO('boot', ${JSON.stringify(option)}, (error, user) => Object.assign(window, { booted: { error: error && error.message, user } }));</script>
      <h1>찻잔</h1>`;
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    mall?.close();
    server?.kill();
  });

  it('hands over its fifteen values and its six events, and nothing else', async () => {
    const { page, warnings, errors } = await newVisitor(/** @type {import('playwright-core').Browser} */ (browser));
    await page.goto(mall.url);
    const booted = await page.waitForFunction(() => /** @type {any} */ (window).booted).then((handle) => handle.jsonValue());
    assert.deepEqual([booted.error, booted.user.memberId], [null, MEMBER]);
    await until(() => warnings.some((warning) => warning.includes('profile.grade')), 'the page is told what was dropped');

    const { memberId, profile } = await user();
    assert.equal(memberId, MEMBER);
    assert.deepEqual(Object.fromEntries(Object.keys(STORED).map((key) => [key, profile[key]])), STORED);
    assert.equal('grade' in profile, false);

    await page.evaluate((list) => {
      for (const [name, property] of list) ChannelIO('track', String(name), /** @type {any} */ (property));
      ChannelIO('track', 'CouponDownload', { id: 'C-1' });
    }, EVENTS);
    await until(async () => (await names()).includes('CheckoutComplete'), 'the events are stored');
    await until(() => warnings.some((warning) => /was rejected: /.test(warning)), 'the page is told of the seventh');

    const stored = await events();
    assert.deepEqual(stored.map((/** @type {{name: string}} */ event) => event.name).sort(), [...EVENTS.map(([name]) => name), 'PageView'].sort());
    for (const [name, property] of EVENTS) {
      const event = stored.find((/** @type {{name: string}} */ found) => found.name === name);
      for (const [key, value] of Object.entries(property || {})) assert.deepEqual(event.property[key], value, `${name}.${key}`);
    }
    const { createdAt } = stored.find((/** @type {{name: string}} */ found) => found.name === 'CheckoutComplete');
    assert.equal((await user()).profile.lastCheckoutCompletedAt, createdAt, 'the order just made is the latest');
    assert.deepEqual(errors, []);
  });

  it('keeps what is stored when it is switched off', async () => {
    const [before, listed] = [await user(), await names()];
    await admin({ action: 'setBuilder', channelId: made.channel.id, builder: 'firstmall', shop: 'tea.example.com', enabled: false });
    assert.deepEqual([await user(), await names()], [before, listed]);
    const shown = (await admin({ action: 'listChannels' })).channels.find((/** @type {{id: string}} */ channel) => channel.id === made.channel.id);
    assert.deepEqual(shown.builders.firstmall, { shop: 'tea.example.com', enabled: false });
  });
});
