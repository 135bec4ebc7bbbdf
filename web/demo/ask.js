// @ts-check
/** Questions to the shop's server, as a real page would `fetch` them. */

const server = new Worker('/demo/shop-server.js', { type: 'module', name: 'the shop’s server' });
/** @type {Map<number, {done: (result: any) => void, fail: (error: Error) => void}>} */
const open = new Map();
let turns = 0;

server.addEventListener('message', ({ data: { turn, result, error } }) => {
  const { done, fail } = open.get(turn) || {};
  open.delete(turn);
  if (error) fail?.(new Error(error));
  else done?.(result);
});

server.addEventListener('error', () => {
  for (const { fail } of open.values()) fail(new Error('The shop’s server could not be loaded.'));
  open.clear();
});

/** @param {'signUp' | 'logIn' | 'erase' | 'read'} what @param {string} value @returns {Promise<any>} */
export const ask = (what, value) => new Promise((done, fail) => {
  open.set(++turns, { done, fail });
  server.postMessage({ turn: turns, what, value });
});
