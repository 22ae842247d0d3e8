/** Elements without a framework. Text is always text: nothing here reads markup. */

export type Child = Node | string | number | null | undefined | false | Child[]

type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>

export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag)
  set(element, attributes)
  element.append(...nodes(children))
  return element
}

const svgSpace = 'http://www.w3.org/2000/svg'

export function svg(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS(svgSpace, tag) as SVGElement
  set(element, attributes)
  element.append(...nodes(children))
  return element
}

function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
}

function nodes(children: Child[]): (Node | string)[] {
  return children
    .flat(Number.POSITIVE_INFINITY as 1)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)))
}

/** Puts it in place of what was there. Whoever had the focus on a thing with a key has it on the new one. */
export function show(root: Element, ...children: Child[]): void {
  const active = document.activeElement
  const key = active instanceof HTMLElement && root.contains(active) ? active.dataset.key : undefined
  root.replaceChildren(...nodes(children))
  if (key === undefined) return
  const same = root.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)
  same?.focus({ preventScroll: true })
}

export function find<Kind extends HTMLElement>(id: string): Kind {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no #${id}`)
  return element as Kind
}

/** For whoever listens to the page; said once, and not over what is being said. */
export function say(text: string): void {
  find('live').textContent = text
}

export function button(label: string, act: () => void, attributes: Attributes = {}): HTMLElement {
  return h('button', { type: 'button', onclick: act, ...attributes }, label)
}

/** Puts text into the clipboard, and says so where it was asked for. */
export function copyButton(label: string, text: () => string, attributes: Attributes = {}): HTMLElement {
  const element = button(label, copy, { 'data-key': `copy ${label}`, ...attributes })
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text())
      element.textContent = 'Copied'
      say(`${label}: copied`)
    } catch {
      element.textContent = 'The browser refused'
    }
    setTimeout(() => {
      element.textContent = label
    }, 1_500)
  }
  return element
}
