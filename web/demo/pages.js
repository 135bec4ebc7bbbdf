// @ts-check
/**
 * The pages where one looks, wishes and fills the cart.
 *
 * @typedef {{name: string, title: string, view: HTMLElement, arrive?: () => void, visit?: boolean}} Page
 *   name: what Okyaku calls it; arrive: what the shop tells after the boot; visit: false where the shop tells nothing
 */
import { eventOf, tell } from './channel.js';
import { drawing, h, notify } from './dom.js';
import { PRODUCTS, productOf } from './products.js';
import { CURRENCY } from './region.js';
import { cart, money, wishes } from './state.js';

/** @typedef {import('./products.js').Product} Product */

/** @param {Product} product */
const tile = (product) => h('div', { class: `tile ${product.id}` }, drawing(product.id, 'picture'));

/** @param {string} heading @param {string} text @param {string} [href] @param {string} [link]
 * @param {string} [picture] @returns {HTMLElement} */
export const empty = (heading, text, href = '/demo', link = 'See what there is', picture = 'tea-bowl') =>
  h('section', { class: 'empty' }, h('div', { class: `tile ${picture}` }, drawing(picture, 'picture')), h('h1', null, heading), h('p', null, text), h('a', { class: 'button', href }, link));

/** @param {Product} product @param {boolean} [labelled] */
function wishButton(product, labelled = false) {
  const label = h('span', labelled ? null : { class: 'hidden' });
  const button = h('button', {
    type: 'button', class: labelled ? 'button second wish' : 'wish round', 'data-wish': product.id,
    onclick() {
      if (wishes.toggle(product.id)) {
        tell('track', 'AddToWish', eventOf(product));
        notify(`${product.name} is on your wish list.`);
      }
      show();
    },
  }, drawing('heart', 'icon'), label);
  function show() {
    const on = wishes.has(product.id);
    button.setAttribute('aria-pressed', String(on));
    label.textContent = labelled ? (on ? 'On the wish list' : 'Wish for it') : `Wish for ${product.name}`;
  }
  show();
  return button;
}

/** @param {Product} product @param {number} [quantity] */
function addToCart(product, quantity = 1) {
  cart.put(product.id, (cart.quantities()[product.id] || 0) + quantity);
  tell('track', 'AddToCart', { ...eventOf(product), quantity });
  notify(`${product.name} is in your cart. `, h('a', { href: '/demo/cart' }, 'Go to the cart'));
}

/** @param {Product} product @param {HTMLElement} [action] */
const card = (product, action) => h('li', { class: 'card' },
  h('a', { class: 'cover', href: `/demo/products/${product.id}` }, tile(product), h('span', { class: 'name' }, product.name)),
  h('p', { class: 'line' }, product.line),
  h('p', { class: 'price' }, money(product.price[CURRENCY])),
  wishButton(product), action);

/** @returns {Page} */
export function list() {
  const view = h('div', null,
    h('section', { class: 'hero' },
      h('div', null,
        h('p', { class: 'over' }, 'Linen and clay'),
        h('h1', null, 'Few things, made slowly'),
        h('p', null, 'Cloth from two looms and pots from one kiln. Look around, wish, buy: nothing is charged here.'),
        h('a', { class: 'button', href: '/demo/products/moon-jar' }, 'See the moon jar')),
      h('div', { class: 'scene' }, drawing('moon-jar', 'one'), drawing('tea-bowl', 'two'))),
    h('h2', { class: 'hidden' }, 'Products'),
    h('ul', { class: 'grid' }, PRODUCTS.map((product) => card(product))));
  return { name: '/', title: 'Linen and clay', view };
}

/** @param {string} id @returns {Page} */
export function product(id) {
  const found = productOf(id);
  if (!found) return lost();
  const price = found.price[CURRENCY];
  const quantity = h('select', { id: 'quantity' }, [1, 2, 3, 4, 5].map((n) => h('option', { value: n }, n)));
  const view = h('article', { class: 'product' },
    tile(found),
    h('div', { class: 'about' },
      h('p', { class: 'over' }, found.kind === 'clay' ? 'From the kiln' : 'From the loom'),
      h('h1', null, found.name),
      h('p', { class: 'line' }, found.line),
      h('p', { class: 'price big' }, money(price)),
      h('p', null, found.text),
      h('form', {
        class: 'buy',
        onsubmit(/** @type {Event} */ event) {
          event.preventDefault();
          addToCart(found, Number(/** @type {HTMLSelectElement} */ (quantity).value));
        },
      }, h('label', { class: 'quantity' }, h('span', null, 'Quantity'), quantity),
      h('button', { class: 'button', id: 'add-to-cart' }, 'Add to cart'), wishButton(found, true)),
      h('dl', { class: 'facts' }, Object.entries(found.facts).map(([name, fact]) => h('div', null, h('dt', null, name), h('dd', null, fact))))));
  return {
    name: `/products/${found.id}`, title: found.name, view,
    arrive: () => tell('track', 'ProductView', eventOf(found)),
  };
}

/** @returns {Page} */
export function wishList() {
  const view = h('div', { class: 'narrow' });
  const show = () => {
    const wished = wishes.ids().flatMap((id) => productOf(id) || []);
    view.replaceChildren(wished.length === 0
      ? empty('Nothing wished for yet', 'The heart on a product puts it here.')
      : h('section', null, h('h1', null, 'Wish list'), h('ul', { class: 'rows' }, wished.map((found) => h('li', { class: 'row' },
        tile(found),
        h('div', { class: 'what' }, h('a', { href: `/demo/products/${found.id}` }, found.name),
          h('span', { class: 'price' }, money(found.price[CURRENCY]))),
        h('div', { class: 'does' },
          h('button', { type: 'button', class: 'button small', onclick: () => addToCart(found) }, 'Add to cart'),
          h('button', {
            type: 'button', class: 'link', 'aria-label': `Remove ${found.name}`,
            onclick() {
              wishes.toggle(found.id);
              show();
              view.closest('main')?.focus();
            },
          }, 'Remove')))))));
  };
  show();
  return { name: '/wish-list', title: 'Wish list', view };
}

/** @param {import('./state.js').Order} order */
export const sums = (order) => h('dl', { class: 'sums' },
  h('div', null, h('dt', null, 'Goods'), h('dd', null, money(order.totalAmount - order.shippingAmount, order.currency))),
  h('div', null, h('dt', null, 'Shipping'), h('dd', null, order.shippingAmount ? money(order.shippingAmount, order.currency) : 'Free')),
  h('div', { class: 'total' }, h('dt', null, 'Total'), h('dd', null, money(order.totalAmount, order.currency))));

/** @param {() => import('./state.js').Order} draft @returns {Page} */
export function cartPage(draft) {
  const view = h('div', { class: 'narrow' });
  /** @param {string} [focus] the product whose quantity keeps the focus */
  const show = (focus) => {
    const lines = cart.lines();
    view.replaceChildren(lines.length === 0
      ? empty('Your cart is empty', 'Put something in, and it waits for you here.')
      : h('section', null, h('h1', null, 'Cart'), h('ul', { class: 'rows' }, lines.map((line) => {
        const { id, name, price } = line.product;
        const put = (/** @type {number} */ quantity) => {
          cart.put(id, quantity);
          show(id);
        };
        return h('li', { class: 'row' }, tile(line.product),
          h('div', { class: 'what' }, h('a', { href: `/demo/products/${id}` }, name), h('span', { class: 'line' }, `${money(price[CURRENCY])} each`)),
          h('div', { class: 'does' },
            h('select', {
              'data-quantity': id, 'aria-label': `Quantity of ${name}`,
              onchange: (/** @type {Event} */ event) => put(Number(/** @type {HTMLSelectElement} */ (event.target).value)),
            }, [...new Set([1, 2, 3, 4, 5, line.quantity])].map((n) => h('option', { value: n, selected: n === line.quantity }, n))),
            h('span', { class: 'price' }, money(line.amount)),
            h('button', { type: 'button', class: 'link', 'aria-label': `Remove ${name}`, onclick: () => put(0) }, 'Remove')));
      })), h('div', { class: 'closing' }, sums(draft()), h('a', { class: 'button', id: 'check-out', href: '/demo/checkout' }, 'Check out'))));
    if (focus) (/** @type {HTMLElement | null} */ (view.querySelector(`[data-quantity="${focus}"]`)) ?? view.closest('main'))?.focus();
  };
  show();
  return { name: '/cart', title: 'Cart', view };
}

/** @returns {Page} */
export const lost = () => ({ name: '/not-found', title: 'Not found', view: empty('There is no such page', 'The shop is small; it is soon found again.', '/demo', 'To the shop') });
