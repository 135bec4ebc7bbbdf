// @ts-check
/**
 * A client that openapi-zod-client generates from openapi.json calls every operation of Okyaku (OKYAKU_URL). It checks each
 * body that it sends and each answer against the description, and throws where they differ.
 */
import { build } from 'esbuild';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { generateZodClientFromOpenAPI } from 'openapi-zod-client';

const OKYAKU = (process.env.OKYAKU_URL || 'http://127.0.0.1:8787').replace(/\/+$/, '');
const ACCESS = { 'x-access-key': 'dev-access-key', 'x-access-secret': 'dev-access-secret' };
const BROWSER = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const HERE = fileURLToPath(new URL('.', import.meta.url));
/** The client names a function after the operation's id, which Channel Talk numbers. */
const OPERATIONS = {
  v4: {
    channel: 'showById', read: 'showById_3', readMember: 'showByMemberId', putMember: 'upsertByMemberId', patch: 'patch',
    remove: 'delete_4', removeMember: 'deleteByMemberId', block: 'block', unblock: 'unblock', events: 'events',
    createEvent: 'create_2', removeEvent: 'delete_2',
  },
  v5: {
    channel: 'showById_4', read: 'showById_7', readMember: 'showByMemberId_1', putMember: 'upsertByMemberId_1', patch: 'patch_1',
    remove: 'delete_10', removeMember: 'deleteByMemberId_1', block: 'block_1', unblock: 'unblock_1', events: 'events_1',
    createEvent: 'create_8', removeEvent: 'delete_8',
  },
};
/** What an answer about a member always says. */
const USER = [
  'id', 'channelId', 'memberId', 'member', 'name', 'profile', 'tags', 'blocked', 'web', 'mobile', 'sessionsCount', 'createdAt', 'updatedAt',
  'alert', 'unread', 'hasChat', 'hasPushToken', 'email', 'mobileNumber',
];
const OF_VERSION = {
  v4: ['unsubscribed', 'userId'],
  v5: [
    'type', 'named', 'emailQualified', 'mobileNumberQualified', 'constrainted', 'userImportTags', 'unsubscribeEmail', 'unsubscribeTexting',
    'unsubscribeAppPush',
  ],
};

/** @type {any} */
let api;
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'okyaku-oracle-'));
  const openApiDoc = JSON.parse(await readFile(join(HERE, 'openapi.json'), 'utf8'));
  // Channel Talk's description has only `default` responses, and calls all of v4 deprecated.
  const options = { withAlias: true, withDeprecatedEndpoints: true, defaultStatusBehavior: /** @type {const} */ ('auto-correct') };
  const contents = await generateZodClientFromOpenAPI({ openApiDoc, disableWriteToFile: true, options });
  const outfile = join(folder, 'client.cjs');
  await build({ stdin: { contents, loader: 'ts', resolveDir: HERE }, bundle: true, platform: 'node', format: 'cjs', outfile, logLevel: 'error' });
  api = createRequire(import.meta.url)(outfile).createApiClient(OKYAKU, { axiosConfig: { headers: ACCESS, timeout: 30_000 } });
  // Channel Talk reads JSON in a field of a form. The client's own way of writing a form knows no objects in it.
  api.use('create_12', {
    name: 'form-url',
    request: async (/** @type {any} */ _, /** @type {any} */ config) => ({
      ...config,
      data: new URLSearchParams({ profile: JSON.stringify(config.data.profile) }).toString(),
      headers: { ...config.headers, 'content-type': 'application/x-www-form-urlencoded' },
    }),
  });
});
after(() => rm(folder, { recursive: true, force: true }));

/** @param {string} prefix */
const unique = (prefix) => `${prefix}-${randomBytes(6).toString('hex')}`;

/** @param {any} value @param {string[]} keys */
function known(value, keys) {
  for (const key of keys) assert.ok(key in value, `${key} is missing in ${JSON.stringify(value)}`);
}

/** The status of a call that is refused. @param {Promise<unknown>} call @returns {Promise<number>} */
const refused = (call) => call.then(() => assert.fail('was not refused'), (error) => {
  assert.ok(error.response, error);
  return error.response.status;
});

for (const version of /** @type {const} */ (['v4', 'v5'])) {
  describe(`the generated client, ${version}`, () => {
    const alias = OPERATIONS[version];
    /** @param {string} userId @param {object} [queries] */
    const of = (userId, queries) => ({ params: { userId }, queries });
    /** @param {string} memberId @param {object} [values] @returns {Promise<any>} */
    const put = async (memberId, values) => {
      const profile = { name: 'Mina', email: `${memberId}@example.com`, mobileNumber: '+821024682468', grade: 'gold', visits: 3 };
      return (await api[alias.putMember]({ profile, ...values }, { params: { memberId } })).user;
    };

    it('reads the channel', async () => {
      const { channel } = await api[alias.channel]();
      known(channel, ['id', 'name', 'country', 'createdAt', 'timeZone', 'color', 'bizGrade']);
      assert.equal(channel.name, 'Development');
    });

    it('writes, reads, changes and deletes a member', async () => {
      const memberId = unique('mina');
      const user = await put(memberId, { tags: ['vip', 'tea'] });
      known(user, [...USER, ...OF_VERSION[version]]);
      assert.deepEqual([user.memberId, user.member, user.name, user.blocked], [memberId, true, 'Mina', false]);
      assert.deepEqual([user.profile.grade, user.profile.visits, user.tags.toSorted()], ['gold', 3, ['tea', 'vip']]);
      assert.deepEqual((await api[alias.read](of(user.id))).user, user);
      assert.deepEqual((await api[alias.readMember]({ params: { memberId } })).user, user);
      const change = { profile: { grade: 'silver', size: null }, profileOnce: { source: 'naver' }, language: 'ja' };
      const { user: changed } = await api[alias.patch](change, of(user.id));
      assert.deepEqual([changed.profile.grade, changed.profile.source, changed.language], ['silver', 'naver', 'ja']);
      await api[alias.removeMember](undefined, { params: { memberId } });
      assert.equal(await refused(api[alias.readMember]({ params: { memberId } })), 404);
    });

    it('puts a user that it read back as it is', async () => {
      const memberId = unique('whole');
      const { updatedAt, version: _, ...user } = await put(memberId, { tags: ['vip'] });
      const { updatedAt: later, version: __, ...again } = (await api[alias.putMember]({ updatedAt, ...user }, { params: { memberId } })).user;
      assert.deepEqual(again, user);
      assert.ok(later >= updatedAt);
    });

    it('reads a visitor, and what the page sent', async () => {
      /** @param {string} path @param {object} body @param {{[name: string]: string}} [headers] @returns {Promise<any>} */
      const page = async (path, body, headers) => {
        const sent = { 'content-type': 'application/json', 'user-agent': BROWSER, 'accept-language': 'ko', ...headers };
        return (await fetch(OKYAKU + path, { method: 'POST', headers: sent, body: JSON.stringify(body) })).json();
      };
      const booted = await page('/front/v1/boot', { pluginKey: 'dev-plugin-key' });
      const { user } = await api[alias.read](of(booted.user.id));
      known(user, ['id', 'channelId', 'member', 'veilId', 'language', 'sessionsCount', 'lastSeenAt', 'createdAt', 'updatedAt']);
      assert.deepEqual([user.member, user.language, user.web.browserName, user.web.sessionsCount], [false, 'ko', 'Chrome', 1]);
      const property = { id: 'tea-bowl', name: 'Tea bowl', amount: 12000.5 };
      const events = [{ id: randomBytes(8).toString('hex'), name: 'ProductView', createdAt: Date.now(), property }];
      await page('/front/v1/events', { events }, { 'x-session': booted.sessionToken });
      const { events: [event] } = await api[alias.events](of(user.id, { sortOrder: 'desc' }));
      assert.deepEqual([event.name, event.property.amount], ['ProductView', 12000.5]);
    });

    it('blocks and unblocks', async () => {
      const user = await put(unique('block'));
      assert.equal((await api[alias.block](undefined, of(user.id))).user.blocked, true);
      assert.equal((await api[alias.read](of(user.id))).user.blocked, true);
      assert.equal((await api[alias.unblock](undefined, of(user.id))).user.blocked, false);
    });

    it('stores, pages through and deletes events', async () => {
      const user = await put(unique('events'));
      const property = { text: '茶', number: 1.5, flag: true, list: ['a', 'b'] };
      const ids = [];
      for (let n = 0; n < 5; n += 1) {
        const { event } = await api[alias.createEvent]({ name: `Event${n}`, property }, of(user.id));
        known(event, ['id', 'userId', 'channelId', 'name', 'property', 'createdAt', 'expireAt']);
        assert.deepEqual([event.name, event.userId, event.property], [`Event${n}`, user.id, property]);
        ids.push(event.id);
      }
      /** @param {object} queries @returns {Promise<any>} */
      const page = (queries) => api[alias.events](of(user.id, queries));
      /** @param {any} answer @returns {string[]} */
      const idsOf = (answer) => answer.events.map((/** @type {any} */ event) => event.id);
      assert.deepEqual(idsOf(await page({ sortOrder: 'desc' })), ids.toReversed());
      const found = /** @type {string[]} */ ([]);
      for (let since, pages = 0; pages < 9; pages += 1) {
        const answer = await page({ sortOrder: 'asc', limit: 2, since });
        found.push(...idsOf(answer));
        since = answer.next;
        if (!since) break;
      }
      assert.deepEqual(found, ids);
      assert.equal((await page({ sortOrder: 'both', since: ids[2], limit: 2 })).events.length, 2);
      const first = { params: { userId: user.id, eventId: ids[0] } };
      await api[alias.removeEvent](undefined, first);
      assert.equal(await refused(api[alias.removeEvent](undefined, first)), 404);
      assert.deepEqual(idsOf(await page({ sortOrder: 'asc' })), ids.slice(1));
    });

    it('deletes by id', async () => {
      const user = await put(unique('gone'));
      await api[alias.remove](undefined, of(user.id));
      assert.equal(await refused(api[alias.remove](undefined, of(user.id))), 404);
    });

    it('reads a member with as many tags as a server may write', async () => {
      const most = version === 'v4' ? 10 : 20;
      const tags = Array.from({ length: most }, (_, n) => `tag${n}`);
      assert.equal((await put(unique('tags'), { tags })).tags.length, most);
    });
  });
}

describe('the generated client, v5 alone', () => {
  it('creates a lead by a form, and touches it', async () => {
    const profile = { name: '이서윤', email: `${unique('lead')}@example.com`, grade: 'gold', visits: 3 };
    const { user } = await api.create_12({ profile });
    known(user, ['id', 'channelId', 'type', 'member', 'profile', 'email', 'sessionsCount', 'createdAt']);
    assert.deepEqual([user.type, user.member, user.profile], ['lead', false, profile]);
    const { user: touched } = await api.touch(undefined, { params: { userId: user.id } });
    assert.equal(touched.sessionsCount, user.sessionsCount + 1);
    assert.equal(typeof touched.lastSeenAt, 'number');
  });

  it('issues tokens', async () => {
    const memberId = unique('tokens');
    const { user } = await api.upsertByMemberId_1({ profile: { name: 'Mina' } }, { params: { memberId } });
    const now = Date.now();
    for (const [expiration, lasting] of /** @type {const} */ ([[undefined, 60_000], ['PT1H', 3_600_000], ['P30D', 30 * 86_400_000]])) {
      const issued = await api.issueSessionJWT(undefined, { params: { memberId }, queries: { expiration } });
      assert.ok(issued.sessionJWT);
      assert.ok(Math.abs(issued.expiresAt - now - lasting) < 30_000, `${expiration}: ${issued.expiresAt - now}`);
    }
    const byId = await api.issueUserToken(undefined, { params: { userId: user.id } });
    const byMember = await api.issueUserTokenByMemberId(undefined, { params: { memberId } });
    for (const { token, disableAt } of [byId, byMember]) assert.ok(token && disableAt > now);
  });

  it('sees one user with the keys of either version', async () => {
    const memberId = unique('keys');
    const of = { params: { memberId } };
    const { user: old } = await api.upsertByMemberId({ unsubscribed: true }, of);
    assert.deepEqual([old.unsubscribed, old.userId], [true, memberId]);
    const { user } = await api.showByMemberId_1(of);
    assert.deepEqual([user.type, user.unsubscribeEmail, user.unsubscribeTexting], ['member', true, true]);
    await api.upsertByMemberId_1({ unsubscribeEmail: false, unsubscribeTexting: false }, of);
    assert.equal((await api.showByMemberId(of)).user.unsubscribed, false);
  });

  // The description of v4 knows ten tags. A member with more shows all of them, or a v4 client that puts the member back would
  // lose the rest.
  it('reads what a v4 client is told of a member with ten tags', async () => {
    const memberId = unique('many');
    const tags = Array.from({ length: 10 }, (_, n) => `tag${n}`);
    await api.upsertByMemberId_1({ tags }, { params: { memberId } });
    assert.equal((await api.showByMemberId({ params: { memberId } })).user.memberId, memberId);
  });
});
