// @ts-check
/** Signing up, logging in and out, the account, and leaving the shop. */
import { ask } from './ask.js';
import { announce, forget, shutdown, tell, update } from './channel.js';
import { blame, field, filledIn, h, notify, ticked } from './dom.js';
import { empty } from './pages.js';
import { PHONE } from './region.js';
import { money, orders, session } from './state.js';

/** @typedef {import('./pages.js').Page} Page */
/** @typedef {(path: string) => void} Go */

/** A form that waits for the shop's server, and says what went wrong.
 * @param {string} id @param {string} label @param {HTMLElement[]} fields @param {(form: HTMLFormElement) => Promise<void>} send */
function form(id, label, fields, send) {
  const problem = h('p', { class: 'problem', role: 'alert' });
  const button = h('button', { class: 'button wide' }, label);
  return h('form', {
    id, class: 'form',
    async onsubmit(/** @type {Event} */ event) {
      event.preventDefault();
      problem.textContent = '';
      button.setAttribute('disabled', '');
      try {
        await send(/** @type {HTMLFormElement} */ (event.target));
      } catch (error) {
        problem.textContent = error instanceof Error ? error.message : String(error);
      } finally {
        button.removeAttribute('disabled');
      }
    },
  }, fields, problem, button);
}

/** @param {boolean} checked */
const marketingField = (checked) => h('label', { class: 'tick' },
  h('input', { type: 'checkbox', name: 'marketing', checked }), 'Send me news and offers by e-mail and text');

/** What a member may be told, as Okyaku keeps it. @param {boolean} marketing */
const consent = (marketing) => ({ unsubscribeEmail: !marketing, unsubscribeTexting: !marketing });

/** Okyaku's fields, with the fields of the form and the words for them. @type {{[field: string]: [string, string]}} */
const FIELDS = { 'profile.email': ['email', 'e-mail address'], 'profile.mobileNumber': ['phone', 'phone number'] };

/** Stores the details, and says what was stored: a field that was dropped has the reason beside it.
 * @param {{email?: string, phone: string, marketing: boolean}} given @param {string} done the words if all was stored */
async function save({ email, phone, marketing }, done) {
  const memberId = session.member()?.memberId;
  const dropped = await update({ profile: { ...(email && { email }), mobileNumber: phone || null }, ...consent(marketing) });
  if (session.member()?.memberId !== memberId) return; // somebody else is here by now
  const phoneStored = !dropped.some(({ field: name }) => name === 'profile.mobileNumber');
  session.change({ marketing, ...(phoneStored && { phone }) });
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector('#details'));
  if (form) for (const [name] of Object.values(FIELDS)) blame(form, name, '');
  const lost = dropped.map(({ field: name, message }) => {
    const [input, word] = FIELDS[name] || ['', name];
    const problem = `The ${word} was not stored: ${message}.`;
    if (form && input) blame(form, input, problem);
    return { word, problem };
  });
  if (!lost.length) notify(done);
  else if (form) notify(`Saved, except the ${lost.map(({ word }) => word).join(' and the ')}.`);
  else notify(lost.map(({ problem }) => problem).join(' ')); // the person went on to another page
}

/** @param {Go} go @returns {Page} */
export function signUp(go) {
  if (session.member()) return account(go);
  const any = Math.random().toString(36).slice(2, 6);
  const view = h('section', { class: 'letter' }, h('h1', null, 'Sign up'),
    h('p', { class: 'line' }, 'An invented person is filled in; change it as you like. Please use nobody’s real data.'),
    form('sign-up', 'Sign up', [
      field('Name', { name: 'name', autocomplete: 'off', required: true, maxlength: 60, value: 'Mina Park' }),
      field('E-mail', { name: 'email', type: 'email', autocomplete: 'off', required: true, maxlength: 120, value: `mina.${any}@example.com` }),
      field('Phone', { name: 'phone', type: 'tel', autocomplete: 'off', maxlength: 20, value: PHONE }, 'Stored as an international number.'),
      marketingField(true),
    ], async (sent) => {
      const [name, email, phone, marketing] = [filledIn(sent, 'name'), filledIn(sent, 'email'), filledIn(sent, 'phone'), ticked(sent, 'marketing')];
      const proof = await ask('signUp', email);
      session.begin({ ...proof, name, email, phone: '', marketing });
      go('/demo/account'); // whose boot proves the member, and links the visitor to it
      tell('track', 'SignUp');
      /** @type {HTMLInputElement} */ (document.querySelector('#details [name="phone"]')).value = phone;
      const saved = save({ email, phone, marketing }, `Welcome, ${name}.`);
      if (marketing) tell('addTags', ['newsletter']);
      await saved.catch((error) => notify(error.message)); // this form is gone
    }),
    h('p', { class: 'line' }, 'Here before? ', h('a', { href: '/demo/log-in' }, 'Log in')));
  return { name: '/sign-up', title: 'Sign up', view };
}

/** @param {Go} go @returns {Page} */
export function logIn(go) {
  if (session.member()) return account(go);
  const view = h('section', { class: 'letter' }, h('h1', null, 'Log in'),
    h('p', { class: 'line' }, 'No password here: the demo believes everybody.'),
    form('log-in', 'Log in', [
      field('E-mail', { name: 'email', type: 'email', autocomplete: 'off', required: true, maxlength: 120, placeholder: 'mina@example.com' }),
    ], async (sent) => {
      session.begin(await ask('logIn', filledIn(sent, 'email')));
      go('/demo/account');
    }),
    h('p', { class: 'line' }, 'New here? ', h('a', { href: '/demo/sign-up' }, 'Sign up')));
  return { name: '/log-in', title: 'Log in', view };
}

/** @param {Go} go @returns {Page} */
export function account(go) {
  const member = session.member();
  if (!member) return logIn(go);
  const all = orders.all();
  const view = h('section', { class: 'account' },
    h('h1', null, `Hello, ${member.name || 'you'}`),
    h('div', { class: 'columns' },
      h('div', { class: 'box' }, h('h2', null, 'Your details'),
        form('details', 'Save', [
          field('E-mail', { name: 'email', type: 'email', autocomplete: 'off', value: member.email, readonly: true }),
          field('Phone', { name: 'phone', type: 'tel', autocomplete: 'off', maxlength: 20, value: member.phone }, `Example: ${PHONE}`),
          marketingField(member.marketing),
        ], async (sent) => {
          const [phone, marketing] = [filledIn(sent, 'phone'), ticked(sent, 'marketing')];
          const before = session.member()?.marketing;
          await save({ phone, marketing }, 'Saved.');
          if (marketing !== before) tell(marketing ? 'addTags' : 'removeTags', ['newsletter']);
        })),
      h('div', { class: 'box' }, h('h2', null, 'Your orders'),
        all.length === 0 ? h('p', { class: 'line' }, 'None since you logged in here.')
          : h('ul', { class: 'goods' }, all.map((order) => h('li', null, h('a', { href: `/demo/orders/${order.id}` }, order.id),
            h('span', { class: 'price' }, money(order.totalAmount, order.currency))))),
        h('div', { class: 'ends' },
          h('button', {
            type: 'button', class: 'button second', id: 'log-out',
            onclick() {
              shutdown();
              session.end();
              go('/demo');
              notify('You are logged out. From here on you are somebody new.');
            },
          }, 'Log out'),
          h('button', { type: 'button', class: 'link danger', id: 'leave', onclick: () => askToLeave(member) }, 'Leave the shop…')))));
  return { name: '/account', title: 'Your account', view };
}

/** The page is left before the member is erased, so that nothing of it is still on its way afterwards: the script sends
 * what waits as the page goes, and the next one does not boot. @param {import('./state.js').Member} member */
function askToLeave(member) {
  const close = () => dialog.close();
  const dialog = /** @type {HTMLDialogElement} */ (h('dialog', { 'aria-labelledby': 'leave-title', onclose: () => dialog.remove() },
    h('h2', { id: 'leave-title' }, 'Leave the shop?'),
    h('p', null, 'Your profile, your tags and all that you did here are erased, also from the time before you signed up. It cannot be undone.'),
    h('p', { class: 'links' },
      h('button', {
        type: 'button', class: 'button danger', id: 'leave-for-good',
        onclick() {
          shutdown();
          session.leave(member.memberId);
          location.assign('/demo/goodbye');
        },
      }, 'Forget me'),
      h('button', { type: 'button', class: 'button second', onclick: close }, 'Stay'))));
  document.body.append(dialog);
  dialog.showModal();
}

/** The one page that does not boot: nobody should be counted here. @returns {Page} */
export function goodbye() {
  const view = h('div', null);
  const memberId = session.leaving();
  const gone = () => {
    forget();
    view.replaceChildren(empty('You are forgotten',
      'Nothing of you is left here. If you go on, you are a new visitor.', '/demo', 'Start again as somebody new', 'moon-jar'));
  };
  if (memberId) {
    view.append(empty('One moment', 'You are being forgotten.', '/demo/goodbye', 'Ask again', 'moon-jar'));
    announce('demo:call', [`DELETE /open/v5/users/@${memberId}`]);
    ask('erase', memberId).then(session.left).then(gone, (error) =>
      view.querySelector('p')?.replaceWith(h('p', { class: 'problem', role: 'alert' }, `${error.message} You are not forgotten yet.`)));
  } else gone();
  return { name: '/goodbye', title: 'Goodbye', visit: false, view };
}
