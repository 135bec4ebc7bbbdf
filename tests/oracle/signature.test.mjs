// @ts-check
/**
 * Shopify's own library judges the same requests as Okyaku (OKYAKU_URL), and what `okyaku send-webhook` (OKYAKU_BIN)
 * signs. Bodies and mutations come from a seed (OKYAKU_SEED), which every failure names.
 */
import '@shopify/shopify-api/adapters/web-api';
import { ApiVersion, shopifyApi } from '@shopify/shopify-api';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const OKYAKU = (process.env.OKYAKU_URL || 'http://127.0.0.1:8787').replace(/\/+$/, '');
const BINARY = process.env.OKYAKU_BIN || fileURLToPath(new URL('../../target/debug/okyaku', import.meta.url));
const SEED = Number(process.env.OKYAKU_SEED || 1);
/** The development channel's. */
const SECRET = 'dev-shopify-secret';
const SHOP = 'dev-shop.myshopify.com';
const BODIES = 240;
const REQUESTS = 480;

const run = promisify(execFile);
const library = (/** @type {string} */ apiSecretKey) =>
  shopifyApi({
    apiKey: 'oracle', apiSecretKey, apiVersion: ApiVersion.July26, hostName: 'shop.example.com', isEmbeddedApp: false,
    logger: { log: () => {} },
  });
const { webhooks } = library(SECRET);

/** Mulberry32: the same numbers for the same seed. @param {number} seed */
function randomOf(seed) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  /** From 0 to below `end`. @param {number} end */
  const below = (end) => Math.floor(next() * end);
  /** @template T @param {readonly T[]} list @returns {T} */
  const pick = (list) => list[below(list.length)];
  return { below, pick };
}
/** @typedef {ReturnType<typeof randomOf>} Random */

const WORDS = [
  '', 'tea', '이서윤', '青磁の茶碗', '🍵', '👩‍👩‍👧', 'e\u0301', '\u0000', '\u2028', '"\\/', "it's $(x) `y`", '\r\n\t', '\uFFFD', 'é', '\u{10FFFF}', ' ',
  '<script>', '%00', '=', 'ا'.repeat(40),
];

/** @param {Random} random @param {number} depth @returns {unknown} */
function valueOf(random, depth) {
  const kind = random.below(depth > 0 ? 8 : 6);
  if (kind === 0) return null;
  if (kind === 1) return random.below(2) === 0;
  if (kind === 2) return random.below(2 ** 31) / 100;
  if (kind < 6) return random.pick(WORDS) + random.pick(WORDS);
  const items = Array.from({ length: random.below(5) }, () => valueOf(random, depth - 1));
  return kind === 6 ? items : Object.fromEntries(items.map((item) => [random.pick(WORDS) + random.below(9), item]));
}

/** What a signature may be over: mostly objects, spaced one way or the other. @param {Random} random @param {number} at */
function bodyOf(random, at) {
  const fixed = [
    '{}', ' {}\n', '[]', 'null', 'no JSON', '\uFEFF{}', '{"a":'.repeat(200) + '1' + '}'.repeat(200), `{"long":"${'茶'.repeat(20_000)}"}`,
    '{"a":1,"a":2}', '{"a":1.0e2}', '{"id":9007199254740993}',
  ];
  if (at < fixed.length) return fixed[at];
  const fields = Array.from({ length: random.below(8) }, (_, n) => [random.pick(WORDS) + n, valueOf(random, 4)]);
  return JSON.stringify({ id: 1 + random.below(1e9), ...Object.fromEntries(fields) }, null, random.pick([undefined, 2, '\t']));
}

/** @typedef {{[name: string]: string}} Headers */
const sign = (/** @type {string} */ body, secret = SECRET) => createHmac('sha256', secret).update(body, 'utf8').digest('base64');

/** Both families of names that Shopify sends. @param {string} body @param {boolean} events @param {string} topic @returns {Headers} */
function headersOf(body, events, topic) {
  const prefix = events ? 'shopify-' : 'X-Shopify-';
  const all = {
    'Hmac-Sha256': sign(body), Topic: topic, 'Shop-Domain': SHOP, 'API-Version': '2026-07', 'Webhook-Id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
    'Event-Id': '98880550-7158-44d4-b7cd-2c97c8a091b5', 'Triggered-At': '2026-11-20T00:00:00.000Z',
  };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [prefix + (events ? name.toLowerCase() : name), value]));
}

/** @param {string} body @param {Headers} headers */
async function librarysVerdict(body, headers, judge = webhooks) {
  const rawRequest = new Request(`${OKYAKU}/webhooks/shopify/dev-webhook-token`, { method: 'POST', headers, body });
  return judge.validate({ rawBody: body, rawRequest });
}

/** @param {string} body @param {Headers} headers */
async function okyakusStatus(body, headers) {
  const response = await fetch(`${OKYAKU}/webhooks/shopify/dev-webhook-token`, {
    method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: Buffer.from(body, 'utf8'),
  });
  await response.text();
  return response.status;
}

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'okyaku-oracle-'));
  const response = await fetch(`${OKYAKU}/okyaku.js`).catch((cause) => {
    throw new Error(`No Okyaku at ${OKYAKU}: start it with \`cargo run -- --data memory\`, or say where it is in OKYAKU_URL.`, { cause });
  });
  await response.text();
});
after(() => rm(folder, { recursive: true, force: true }));

/** The headers of a printed curl command. @param {string} printed @returns {Headers} */
function headersIn(printed) {
  const lines = printed.matchAll(/^ {2}-H '((?:[^']|'\\'')*)' \\$/gm);
  const pairs = Array.from(lines, ([, text]) => text.replaceAll("'\\''", "'").split(/: (.*)/s));
  return Object.fromEntries(pairs.map(([name, value]) => [name, value]));
}

it(`signs ${BODIES} bodies as Shopify's library expects it`, async () => {
  const random = randomOf(SEED);
  for (let at = 0; at < BODIES; at += 1) {
    const body = bodyOf(random, at);
    const file = join(folder, 'body.json');
    await writeFile(file, body, 'utf8');
    const secret = random.pick([SECRET, 'shpss_0123456789abcdef', '비밀 🔑', "it's", 'x'.repeat(200)]);
    const { stdout } = await run(BINARY, ['send-webhook', 'shopify', 'customers/update', '--print', '--body', file, '--secret', secret]);
    const headers = headersIn(stdout);
    const judge = library(secret).webhooks;
    const verdict = await librarysVerdict(body, headers, judge);
    const told = `seed ${SEED}, body ${at}: ${body.slice(0, 200)}`;
    assert.deepEqual([verdict.valid, verdict.valid && verdict.domain], [true, SHOP], `${told} ${JSON.stringify(verdict)}`);
    const changed = await librarysVerdict(`${body} `, headers, judge);
    assert.deepEqual([changed.valid, !changed.valid && changed.reason], [false, 'invalid_hmac'], told);
  }
});

/** Each makes of a right request another one, wrong or not.
 * @type {{[name: string]: (request: {body: string, headers: Headers, signature: string, prefix: string}, random: Random) => void}} */
const MUTATIONS = {
  'none': () => {},
  'none, too': () => {},
  'another secret': (request, random) => {
    request.headers[request.signature] = sign(request.body, random.pick(['dev-shopify-secre', 'dev-shopify-secret ', 'DEV-SHOPIFY-SECRET', 'x']));
  },
  'another character in the signature': (request, random) => {
    const given = request.headers[request.signature];
    const at = random.below(given.length);
    request.headers[request.signature] = given.slice(0, at) + (given[at] === 'A' ? 'B' : 'A') + given.slice(at + 1);
  },
  'a cut signature': (request, random) => {
    request.headers[request.signature] = request.headers[request.signature].slice(0, 1 + random.below(43));
  },
  'a longer signature': (request, random) => {
    request.headers[request.signature] += random.pick(['=', 'A', ',x']);
  },
  'the signature in hexadecimal': (request) => {
    request.headers[request.signature] = Buffer.from(request.headers[request.signature], 'base64').toString('hex');
  },
  'the signature for URLs': (request) => {
    request.headers[request.signature] = request.headers[request.signature].replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  },
  'a signature in lower case': (request) => {
    request.headers[request.signature] = request.headers[request.signature].toLowerCase();
  },
  'a changed body': (request, random) => {
    const at = random.below(request.body.length + 1);
    request.body = request.body.slice(0, at) + random.pick([' ', '\n', '0', '茶']) + request.body.slice(at);
  },
  'a body written anew': (request) => {
    try {
      request.body = JSON.stringify(JSON.parse(request.body));
    } catch {
      // It was none; then it is as it was.
    }
  },
  'the signature of another body': (request, random) => {
    request.headers[request.signature] = sign(random.pick(['', '{}', '{"id":1}']));
  },
  'no signature': (request) => void delete request.headers[request.signature],
  'an empty signature': (request) => {
    request.headers[request.signature] = '';
  },
  'no shop': (request) => {
    const name = Object.keys(request.headers).find((header) => /shop-domain$/i.test(header)) || '';
    delete request.headers[name];
  },
  'names of headers in capitals': (request) => {
    request.headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toUpperCase(), value]));
  },
};

it(`judges ${REQUESTS} right and wrong requests as Shopify's library does`, async () => {
  const random = randomOf(SEED + 1);
  const names = Object.keys(MUTATIONS);
  const counts = { 200: 0, 401: 0 };
  for (let at = 0; at < REQUESTS; at += 1) {
    const events = random.below(2) === 0;
    const body = bodyOf(random, Math.floor(at / names.length));
    const request = {
      body, headers: headersOf(body, events, random.pick(['customers/update', 'orders/create', 'oracle/probe'])),
      signature: events ? 'shopify-hmac-sha256' : 'X-Shopify-Hmac-Sha256', prefix: events ? 'shopify-' : 'X-Shopify-',
    };
    const name = names[at % names.length];
    MUTATIONS[name](request, random);
    const verdict = await librarysVerdict(request.body, request.headers);
    const status = await okyakusStatus(request.body, request.headers);
    const expected = verdict.valid ? 200 : 401;
    assert.equal(status, expected, `seed ${SEED}, request ${at}, ${name}: ${JSON.stringify([verdict, request]).slice(0, 600)}`);
    counts[expected] += 1;
  }
  assert.ok(counts[200] > 60 && counts[401] > 240, JSON.stringify(counts));
});

it('asks for less than the library in the headers that prove nothing, and for more in the shop', async () => {
  for (const events of [false, true]) {
    for (const left of ['topic', 'api-version', 'webhook-id']) {
      const kept = Object.entries(headersOf('{}', events, 'oracle/probe')).filter(([name]) => !name.toLowerCase().endsWith(left));
      const headers = Object.fromEntries(kept);
      const verdict = await librarysVerdict('{}', headers);
      assert.deepEqual([verdict.valid, await okyakusStatus('{}', headers)], [false, 200], `${left} ${JSON.stringify(verdict)}`);
    }
    const name = events ? 'shopify-shop-domain' : 'X-Shopify-Shop-Domain';
    const foreign = { ...headersOf('{}', events, 'oracle/probe'), [name]: 'another-shop.myshopify.com' };
    assert.deepEqual([(await librarysVerdict('{}', foreign)).valid, await okyakusStatus('{}', foreign)], [true, 401]);
  }
});
