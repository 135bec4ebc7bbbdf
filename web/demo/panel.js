// @ts-check
/**
 * Beside the shop: the last call, and what Okyaku stores of whoever is here, read once a second while it can be seen.
 * It listens to the shop's two events and reads through the shop's server; the shop knows nothing of it.
 */
import { ask } from './ask.js';
import { byId } from './dom.js';
import { showCalls, showState, showStored } from './panel-view.js';

const EVERY = 1_000;
const SHOWN = 'demo-panel.shown';

/** Whose data is shown. */
let shown = '';
/** A boot that was refused, in words. */
let refused = '';
/** @type {{call: any[], at: number}[]} newest first */
const calls = [];

/** Kept over a reload, for the one page that does not boot. @param {string} id */
function keep(id) {
  shown = id;
  try {
    sessionStorage.setItem(SHOWN, id);
  } catch {
    // then that page shows nobody
  }
}

let timer = 0;
/** @param {number} [wait] */
function readIn(wait = EVERY) {
  clearTimeout(timer);
  if (!document.hidden) timer = window.setTimeout(read, wait);
}

let turns = 0;
async function read() {
  const id = shown;
  const turn = ++turns;
  if (!id) return;
  const { status, body } = await ask('read', id).catch(() => ({ status: 0, body: null }));
  if (id !== shown || turn !== turns) return; // a newer question is on its way
  if (status === 200) {
    showState(refused ? 'refused' : 'live', refused);
    showStored(body.user, body.events);
  } else if (status === 404) showState('forgotten', id);
  else if (status === 0 || status >= 500 || status === 429) showState('gone', location.origin);
  else showState('refused', `The read was answered ${status}.`);
  readIn();
}

addEventListener('demo:call', (event) => {
  const call = /** @type {CustomEvent} */ (event).detail;
  if (call[0] === 'shutdown') {
    // The next person sees nothing of this one.
    shown = '';
    calls.length = 0;
    showState('waiting');
  }
  calls.unshift({ call, at: Date.now() });
  calls.length = Math.min(calls.length, 12);
  showCalls(calls);
});

addEventListener('demo:booted', (event) => {
  const { error, user } = /** @type {CustomEvent} */ (event).detail;
  refused = error?.status ? `The boot was answered ${error.status}: ${error.message}` : '';
  if (user) keep(user.id);
  else if (!shown) showState(error.status ? 'refused' : 'gone', refused || location.origin);
  document.documentElement.dataset.customer = shown;
  readIn(0);
});

document.addEventListener('visibilitychange', () => readIn(0));

const toggle = byId('panel-toggle');
/** @param {boolean} open */
function unfold(open) {
  toggle.setAttribute('aria-expanded', String(open));
  byId('panel').classList.toggle('open', open);
}
toggle.addEventListener('click', () => unfold(toggle.getAttribute('aria-expanded') !== 'true'));
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && toggle.getAttribute('aria-expanded') === 'true') {
    unfold(false);
    toggle.focus();
  }
});

showState('waiting');
if (location.pathname === '/demo/goodbye') try {
  shown = sessionStorage.getItem(SHOWN) || '';
} catch {
  // nobody yet
}
if (shown) readIn(300); // by then a boot will mostly have said who it is
