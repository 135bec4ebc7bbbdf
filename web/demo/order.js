// @ts-check
/** The checkout, and the page after it. */
import { tell } from './channel.js';
import { field, h } from './dom.js';
import { empty, lost, sums } from './pages.js';
import { productOf } from './products.js';
import { money, orders, session } from './state.js';

/** @typedef {import('./pages.js').Page} Page */
/** @typedef {import('./state.js').Order} Order */

/** @param {Order} order */
const property = ({ id, currency, totalAmount, shippingAmount, products }) => ({ id, totalAmount, shippingAmount, currency, products });

/** @param {Order} order */
const goods = (order) => h('ul', { class: 'goods' }, order.products.map(({ name, quantity, amount }) =>
  h('li', null, h('span', null, name, quantity > 1 && ` × ${quantity}`), h('span', { class: 'price' }, money(amount, order.currency)))));

/** @param {(path: string) => void} go @returns {Page} */
export function checkout(go) {
  const order = orders.draft();
  if (order.products.length === 0) {
    return { name: '/checkout', title: 'Checkout', view: empty('Nothing to check out', 'Your cart is empty.') };
  }
  const member = session.member();
  const view = h('section', { class: 'checkout' },
    h('div', null,
      h('h1', null, 'Checkout'),
      h('p', { class: 'line' }, 'A demo: write what you like, it stays in this page. Nothing is charged or sent.'),
      h('form', {
        class: 'form',
        onsubmit(/** @type {Event} */ event) {
          event.preventDefault();
          tell('track', 'CheckoutComplete', property(order));
          tell('addTags', [...new Set(order.products.map(({ id }) => `bought-${productOf(id)?.kind}`))]);
          orders.place(order);
          go(`/demo/orders/${order.id}`);
        },
      },
      field('Recipient', { name: 'recipient', autocomplete: 'off', required: true, value: member?.name || 'Mina Park' }),
      field('Address', { name: 'address', autocomplete: 'off', required: true, value: '7 Moon Alley, Sample-dong' }),
      h('fieldset', null, h('legend', null, 'Payment'),
        h('label', { class: 'tick' }, h('input', { type: 'radio', name: 'pay', value: 'none', checked: true }), 'Pretend to pay by card'),
        h('label', { class: 'tick' }, h('input', { type: 'radio', name: 'pay', value: 'transfer' }), 'Pretend to transfer')),
      h('button', { class: 'button wide', id: 'place-order' }, `Place the order, ${money(order.totalAmount, order.currency)}`))),
    h('aside', { class: 'summary', 'aria-label': 'Your order' }, h('h2', null, 'Your order'), goods(order), sums(order)));
  return {
    name: '/checkout', title: 'Checkout', view,
    arrive: () => orders.begin(order) && tell('track', 'CheckoutBegin', property(order)),
  };
}

/** @param {string} id @returns {Page} */
export function done(id) {
  const order = orders.find(id);
  if (!order) return lost();
  const view = h('section', { class: 'done' },
    h('p', { class: 'stamp', 'aria-hidden': 'true' }, '✓'),
    h('h1', null, 'Thank you'),
    h('p', null, 'Order ', h('b', null, order.id), ' is on its way, or would be.'),
    h('div', { class: 'summary' }, goods(order), sums(order)),
    h('p', { class: 'links' },
      session.member() ? h('a', { class: 'button', href: '/demo/account' }, 'To your account') : h('a', { class: 'button', href: '/demo/sign-up' }, 'Sign up'),
      h('a', { class: 'button second', href: '/demo' }, 'Continue shopping')),
    !session.member() && h('p', { class: 'line' }, 'So far you are a visitor. Once you sign up, what you did here is part of your timeline.'));
  return { name: '/order-complete', title: 'Thank you', view };
}
