// @ts-check
/**
 * Elements in one expression. Text goes in as text: nothing here parses HTML.
 *
 * @typedef {Node | string | number | false | null | undefined | readonly any[]} Child
 *   a list: of children
 */

/** @param {string} id */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** An element. `on…` are listeners; true is an attribute without a value; false, null and undefined are none.
 * @param {string} tag @param {{[name: string]: any} | null} [properties] @param {...Child} children @returns {HTMLElement} */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

/** @param {Element} element @param {Child[]} children */
function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child instanceof Node) element.append(child);
    else if (child !== false && child !== null && child !== undefined) element.append(String(child));
  }
}

/** A drawing of pictures.svg, for the eye alone unless it has a label. @param {string} name @param {string} kind @param {string} [label] */
export function drawing(name, kind, label) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  const use = document.createElementNS(space, 'use');
  use.setAttribute('href', `/demo/pictures.svg#${name}`);
  svg.setAttribute('class', kind);
  if (label) {
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', label);
  } else svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}

/** A labelled field of a form, with room for a hint and for what is wrong.
 * @param {string} label @param {{[name: string]: any}} properties @param {string} [hint] */
export function field(label, properties, hint) {
  const id = `field-${properties.name}`;
  return h('div', { class: 'field' }, h('label', { for: id }, label),
    h('input', { ...properties, id, 'aria-describedby': `${id}-hint ${id}-problem` }),
    h('small', { id: `${id}-hint` }, hint), h('p', { id: `${id}-problem`, class: 'problem', role: 'alert' }));
}

/** Says beside a field what is wrong with its value; an empty text takes it back.
 * @param {HTMLFormElement} form @param {string} name @param {string} problem */
export function blame(form, name, problem) {
  const input = /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  input.setAttribute('aria-invalid', String(problem !== ''));
  /** @type {HTMLElement} */ (form.querySelector(`#${input.id}-problem`)).textContent = problem;
}

/** What stands in a form's field. @param {HTMLFormElement} form @param {string} name */
export const filledIn = (form, name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value.trim();

/** @param {HTMLFormElement} form @param {string} name */
export const ticked = (form, name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).checked;

let noticeTimer = 0;
/** Says something for a moment, to ears too. @param {...Child} children */
export function notify(...children) {
  byId('notice').replaceChildren(h('span', null, ...children));
  clearTimeout(noticeTimer);
  noticeTimer = window.setTimeout(unsay, 5_000);
}

export const unsay = () => byId('notice').replaceChildren();
