// @ts-check
/**
 * The two calls of the Ruby gem channeltalk-ruby-client, as in https://github.com/itdaa-dev/channeltalk-ruby-client at version
 * 0.1.2: the requests that Faraday makes of them, with only the host changed to Okyaku's (OKYAKU_URL). There is no Ruby here.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { request } from 'node:http';
import { it } from 'node:test';

const OKYAKU = new URL(process.env.OKYAKU_URL || 'http://127.0.0.1:8787');
/** Those of `lib/channeltalk/connection.rb`, and those that Net::HTTP adds. @param {string} type */
const headersOf = (type) => ({
  'User-Agent': 'Channeltalk Ruby Client Gem 0.1.2',
  accept: 'application/json',
  'x-access-key': 'dev-access-key',
  'x-access-secret': 'dev-access-secret',
  'Content-Type': type,
  'Accept-Encoding': 'gzip;q=1.0,deflate;q=0.6,identity;q=0.3',
  Connection: 'close',
});

/** @param {string} method @param {string} path @param {string} type @param {string} body @returns {Promise<{status: number, body: any}>} */
const send = (method, path, type, body) => new Promise((done, fail) => {
  const headers = { ...headersOf(type), 'Content-Length': Buffer.byteLength(body) };
  request({ host: OKYAKU.hostname, port: OKYAKU.port, method, path, headers }, async (response) => {
    const parts = [];
    for await (const part of response) parts.push(part);
    const text = Buffer.concat(parts).toString('utf8');
    done({ status: response.statusCode || 0, body: text && JSON.parse(text) });
  }).on('error', fail).end(body);
});

/** `Channeltalk::Api::User.create_user(member_id, params:)`, with what the gem takes of the answer.
 * @param {number} memberId @param {object} params */
async function createUser(memberId, params) {
  const { status, body } = await send('PUT', `/open/v5/users/@${memberId}`, 'application/json', JSON.stringify(params));
  assert.ok(status >= 200 && status < 300, `${status} ${JSON.stringify(body)}`);
  return body;
}

/** `Channeltalk::Api::User.delete_user(member_id)`: Faraday makes a form without fields of its empty hash.
 * @param {number} memberId */
const deleteUser = (memberId) => send('DELETE', `/open/v5/users/@${memberId}`, 'application/x-www-form-urlencoded', '');

it('creates, changes and deletes a member as the Ruby gem does', async () => {
  const memberId = randomInt(1e12);
  const email = `${memberId}@example.com`;
  // The gem's own test writes the trunk's zero behind the country's code, and Channel Talk answers without it.
  const { user } = await createUser(memberId, { profile: { name: 'itdaa tester', mobileNumber: '+8201024682468', email } });
  assert.deepEqual([user.memberId, user.name, user.member, user.blocked], [String(memberId), 'itdaa tester', true, false]);
  assert.deepEqual(user.profile, { name: 'itdaa tester', mobileNumber: '+821024682468', email });
  assert.deepEqual([user.email, user.mobileNumber], [email, '+821024682468']);
  const { user: changed } = await createUser(memberId, { profile: { name: '이서윤' } });
  assert.deepEqual([changed.id, changed.name], [user.id, '이서윤']);
  assert.equal((await deleteUser(memberId)).status, 204);
  const again = await deleteUser(memberId);
  // The gem makes an exception of the body, so a refusal must have one.
  assert.equal(again.status, 404);
  assert.equal(typeof again.body.message, 'string');
});
