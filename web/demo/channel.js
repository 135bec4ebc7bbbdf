// @ts-check
/**
 * Everything this shop's pages tell Okyaku passes here, and is nothing but `ChannelIO(…)`. The panel beside the shop
 * listens to the two events; a real shop calls `ChannelIO` directly and needs neither.
 */
import { CURRENCY } from './region.js';
import { session } from './state.js';

const PLUGIN_KEY = 'dev-plugin-key';

/** `demo:call`: what was called; `demo:booted`: who it is. @param {string} name @param {any} detail */
export const announce = (name, detail) => dispatchEvent(new CustomEvent(name, { detail }));

/** @param {string} method @param {...any} args */
export function tell(method, ...args) {
  announce('demo:call', [method, ...args]);
  /** @type {any} */ (window).ChannelIO(method, ...args);
}

let boots = 0;

/** What every page of the shop does first: names itself, and says who is there. @param {string} page */
export function boot(page) {
  const turn = ++boots;
  const member = session.member();
  tell('setPage', page);
  tell('boot', {
    pluginKey: PLUGIN_KEY,
    ...(member && { memberId: member.memberId, memberHash: member.memberHash }),
    ...(member?.name && { profile: { name: member.name } }),
  }, (/** @type {any} */ error, /** @type {any} */ user) => {
    if (turn === boots) announce('demo:booted', { error, user }); // an older page's answer comes too late
  });
}

/** The visit of a member is over: the next boot is somebody new. */
export function shutdown() {
  boots++;
  tell('shutdown');
}

/** The browser forgets the visitor too: without consent nothing is kept, and the next page may ask again. */
export function forget() {
  tell('consent', false);
  tell('consent', true);
}

/** Changes the profile, and waits for the answer. @param {object} info
 * @returns {Promise<{field: string, message: string}[]>} the fields that were not stored, with the reasons */
export const update = (info) => new Promise((done, fail) => {
  setTimeout(() => fail(new Error('Okyaku has not answered yet, so nothing may be saved.')), 10_000);
  tell('updateUser', info, (/** @type {any} */ error, /** @type {any} */ _user, /** @type {any} */ dropped) =>
    (error ? fail(new Error(`Nothing was saved: ${error.message}.`)) : done(dropped)));
});

/** @param {import('./products.js').Product} product */
export const eventOf = (product) => ({ id: product.id, name: product.name, amount: product.price[CURRENCY], currency: CURRENCY });
