// @ts-check
/** What the browser tests share: the server under test, a shop on another origin, a browser, and patience. */
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';

export const OKYAKU = (process.env.OKYAKU_URL || 'http://127.0.0.1:8787').replace(/\/+$/, '');
export const PLUGIN_KEY = 'dev-plugin-key';
const ACCESS = { 'x-access-key': 'dev-access-key', 'x-access-secret': 'dev-access-secret' };
const MEMBER_HASH_SECRET = '4629de5def93d6a2abea6afa9bd5476d9c6cbc04223f9a2f7e517b535dde3e25';

/** An id no other run has used. @param {string} prefix */
export const unique = (prefix) => `${prefix}-${randomBytes(6).toString('hex')}`;

/** @param {string} memberId */
export const memberHash = (memberId) =>
  createHmac('sha256', Buffer.from(MEMBER_HASH_SECRET, 'hex')).update(memberId).digest('hex');

/** @param {string} memberId */
export const memberOption = (memberId) => ({ pluginKey: PLUGIN_KEY, memberId, memberHash: memberHash(memberId) });

export async function needServer() {
  try {
    const response = await fetch(`${OKYAKU}/okyaku.js`);
    await response.text(); // or the connection would keep this process alive
    assert.equal(response.status, 200, `GET ${OKYAKU}/okyaku.js was answered ${response.status}`);
  } catch (cause) {
    throw new Error(`No Okyaku at ${OKYAKU}: start it with \`cargo run\`, or say where it is in OKYAKU_URL.`, { cause });
  }
}

/** The Open API, as the shop's server calls it. @param {string} path @param {string} [method] */
export async function openApi(path, method = 'GET', okyaku = OKYAKU) {
  const response = await fetch(okyaku + path, { method, headers: ACCESS });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : null };
}

/** @param {string} id */
export async function storedUser(id) {
  const { status, body } = await openApi(`/open/v5/users/${id}`);
  assert.equal(status, 200, `GET user ${id}: ${JSON.stringify(body)}`);
  return body.user;
}

/** A whole timeline, oldest first. @param {string} id @returns {Promise<any[]>} */
export async function storedEvents(id, okyaku = OKYAKU) {
  const events = [];
  for (let since = '', more = true; more; ) {
    const { status, body } = await openApi(`/open/v5/users/${id}/events?sortOrder=asc&limit=500${since}`, 'GET', okyaku);
    assert.equal(status, 200, `GET events of ${id}: ${JSON.stringify(body)}`);
    events.push(...body.events);
    more = Boolean(body.next) && body.events.length > 0;
    since = `&since=${body.next}`;
  }
  return events;
}

/** @param {string} id @param {string} name */
export const eventsNamed = async (id, name) => (await storedEvents(id)).filter((event) => event.name === name);

/** Asks until the answer is true, and gives up after ten seconds. @template T @param {() => T | Promise<T>} ask @param {string} what
 * @returns {Promise<NonNullable<T>>} */
export async function until(ask, what, seconds = 10) {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

const BROWSER = {
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ],
};
/** @param {string[]} args further switches */
export const launch = (...args) => chromium.launch({ ...BROWSER, args: [...BROWSER.args, ...args] });

/** On a profile that outlives it. @param {string} folder */
export const launchOn = (folder) => chromium.launchPersistentContext(folder, BROWSER);

/** A shop of its own on another origin. `pages` maps a path to HTML, or to a body with its type and policy.
 * @param {{[path: string]: string | {type?: string, body: string, policy?: string}}} pages */
export async function openShop(pages) {
  const server = createServer((request, response) => {
    const found = pages[new URL(request.url || '/', 'http://shop').pathname];
    const { type = 'text/html', body = '', policy = '' } = typeof found === 'string' ? { body: found } : found || {};
    const head = { 'content-type': `${type}; charset=utf-8`, ...(policy && { 'content-security-policy': policy }) };
    response.writeHead(found === undefined ? 404 : 200, head).end(body);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** A page in a browser profile of its own, with what it warned of and what it threw.
 * @param {import('playwright-core').Browser} browser */
export async function newVisitor(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  /** @type {string[]} */
  const warnings = [];
  /** @type {string[]} */
  const errors = [];
  page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  return { context, page, warnings, errors };
}

/** @param {import('playwright-core').Page} page @param {string} method @param {...any} args */
export const call = (page, method, ...args) =>
  page.evaluate(([name, ...rest]) => /** @type {any} */ (window).ChannelIO(name, ...rest), [method, ...args]);

/** The same with a callback: what it got. @param {import('playwright-core').Page} page @param {string} method @param {any} arg
 * @returns {Promise<{error: any, user: any, dropped: any}>} */
export const callBack = (page, method, arg) =>
  page.evaluate(([name, value]) => new Promise((done) => {
    /** @type {any} */ (window).ChannelIO(name, value, (/** @type {any} */ error, /** @type {any} */ user, /** @type {any} */ dropped) =>
      done({ error: error && { message: error.message, status: error.status }, user, dropped }));
  }), [method, arg]);

/** @param {import('playwright-core').Page} page @param {object} [option] */
export async function boot(page, option = { pluginKey: PLUGIN_KEY }) {
  const { error, user } = await callBack(page, 'boot', option);
  assert.equal(error, null, `boot: ${JSON.stringify(error)}`);
  return user;
}

export const EVENTS = '**/front/v1/events';
const ALLOWED = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after', 'content-type': 'application/json' };

/** An answer of Okyaku's that it did not give. @param {number} status @param {object} [body] @param {{[name: string]: string}} [headers] */
export const answerOf = (status, body = {}, headers = {}) =>
  ({ status, headers: { ...ALLOWED, ...headers }, body: JSON.stringify({ status, ...body }) });

/** Every request to the events route, parsed. @param {import('playwright-core').Page} page */
export function watchEvents(page) {
  /** @type {{events: {id: string, name: string, createdAt: number}[], attempt: number, sessionToken?: string}[]} */
  const sent = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/front/v1/events')) sent.push(JSON.parse(request.postData() || '{}'));
  });
  return sent;
}

/** Lets `first` answer the first matching request, and the server all others.
 * @param {import('playwright-core').Page} page @param {string} url @param {(route: import('playwright-core').Route) => unknown} first */
export async function failOnce(page, url, first) {
  let failed = false;
  await page.route(url, (route) => {
    if (failed || route.request().method() === 'OPTIONS') return route.continue();
    failed = true;
    return first(route);
  });
}

/** The page looks away from its tab, or back. Headless, no page is ever hidden by itself. @param {import('playwright-core').Page} page
 * @param {boolean} hidden */
export const look = (page, hidden) =>
  page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);

/** What of ours is in a page's storages and cookies. @param {import('playwright-core').Page} page @returns {Promise<string[]>} */
export const kept = (page) =>
  page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...document.cookie.split('; ')]
    .filter((name) => name.startsWith('ok-')));

/** A browser and a shop for the tests of one file: call it in `describe`. Nothing may be thrown into a page.
 * @param {Parameters<typeof openShop>[0]} [pages] */
export function stage(pages = {}) {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {Awaited<ReturnType<typeof newVisitor>>[]} */
  const visitors = [];
  const shop = { url: '', close: () => {} };
  before(async () => {
    await needServer();
    Object.assign(shop, await openShop({
      '/': `<!doctype html><title>Shop</title><script src="${OKYAKU}/okyaku.js"></script>`,
      '/bare': '<!doctype html><title>Bare</title>',
      ...pages,
    }));
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    shop.close();
    for (const { errors } of visitors) assert.deepEqual(errors, [], 'nothing was thrown into a page');
  });
  /** A new visitor on a page of the shop. */
  const visit = async (path = '/') => {
    const visitor = await newVisitor(browser);
    visitors.push(visitor);
    await visitor.page.goto(shop.url + path);
    return visitor;
  };
  return { shop, visit };
}

/** Without the `PageView`. */
export const QUIET = { pluginKey: PLUGIN_KEY, trackDefaultEvent: false };
