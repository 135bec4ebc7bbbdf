// @ts-check
/**
 * THE SHOP'S SERVER, played by a worker, so that the page itself holds no secret and asks for everything by message.
 *
 * The access key and the member-hash secret below belong on a shop's server and nowhere else: whoever has them can be any
 * member, and read and erase all. These are the development channel's. They are printed by `cargo run`, are known to
 * everybody, and open nothing but an Okyaku on this machine. Never copy this file into a real page.
 */

const ACCESS = { 'x-access-key': 'dev-access-key', 'x-access-secret': 'dev-access-secret' };
const MEMBER_HASH_SECRET = '4629de5def93d6a2abea6afa9bd5476d9c6cbc04223f9a2f7e517b535dde3e25';

/** @param {ArrayBuffer} bytes */
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The status and the body; status 0 is: no answer. @param {string} method @param {string} path */
async function call(method, path) {
  try {
    const response = await fetch(path, { method, headers: ACCESS, signal: AbortSignal.timeout(5_000) });
    return { status: response.status, body: await response.json().catch(() => null) };
  } catch {
    return { status: 0, body: null };
  }
}

/** What a shop's server does when it renders a member's page: HMAC-SHA256 of the memberId, under the hex-decoded secret.
 * @param {string} memberId */
async function sign(memberId) {
  const secret = Uint8Array.from(MEMBER_HASH_SECRET.match(/../g) || [], (byte) => parseInt(byte, 16));
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return hex(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(memberId)));
}

/** This shop has no database of its own, so the memberId is made of the address. A real one uses the id it has.
 * @param {string} email */
async function memberIdOf(email) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(email.trim().toLowerCase()));
  return 'm-' + hex(digest).slice(0, 12);
}

/** @param {number} status */
const trouble = (status) =>
  new Error(status ? `Okyaku answered the shop’s server ${status}.` : 'The shop’s server cannot reach Okyaku. Is it still running?');

/** @type {{[what: string]: (value: any) => Promise<any>}} */
const ANSWERS = {
  /** A new account, if nobody has this address: the member comes to be with the page's boot. */
  async signUp(/** @type {string} */ email) {
    const memberId = await memberIdOf(email);
    const { status } = await call('GET', `/open/v5/users/@${memberId}`);
    if (status === 200) throw new Error('There is an account with this address. Log in instead.');
    if (status !== 404) throw trouble(status);
    return { memberId, memberHash: await sign(memberId) };
  },

  /** No password: the demo believes everybody. What is known of the member comes from Okyaku. */
  async logIn(/** @type {string} */ email) {
    const memberId = await memberIdOf(email);
    const { status, body } = await call('GET', `/open/v5/users/@${memberId}`);
    if (status === 404) throw new Error('Nobody has an account with this address. Sign up first.');
    if (status !== 200) throw trouble(status);
    const { name, profile, unsubscribeEmail } = body.user;
    return {
      memberId, memberHash: await sign(memberId), name: name || '', email: profile.email || email,
      phone: profile.mobileNumber || '', marketing: !unsubscribeEmail,
    };
  },

  /** Forgets the member; one that is gone already is no failure. */
  async erase(/** @type {string} */ memberId) {
    const { status } = await call('DELETE', `/open/v5/users/@${memberId}`);
    if (status !== 204 && status !== 404) throw trouble(status);
  },

  /** What the panel beside the shop shows: the customer, the newest events and all counts, in one read. */
  read: (/** @type {string} */ userId) => call('GET', `/okyaku/v1/contacts/${encodeURIComponent(userId)}`),
};

const worker = /** @type {any} */ (self);

worker.onmessage = async (/** @type {MessageEvent} */ { data: { turn, what, value } }) => {
  try {
    worker.postMessage({ turn, result: await ANSWERS[what](value) });
  } catch (error) {
    worker.postMessage({ turn, error: error instanceof Error ? error.message : String(error) });
  }
};

export {};
