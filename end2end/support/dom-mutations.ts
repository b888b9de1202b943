// Changes by extensions and proxies before the scripts start: password managers, highlighters, translators,
// minifiers. Each function runs in the page.

export const domMutations: Record<string, () => void> = {
  'an element after each input': () => {
    for (const input of document.querySelectorAll('main input, main h1')) {
      const button = Object.assign(document.createElement('div'), { textContent: 'Fill in' });
      input.after(button);
    }
  },
  'an element that is first in the form': () => {
    const icon = Object.assign(document.createElement('div'), { textContent: 'Fill in' });
    document.querySelector('form, main section')?.prepend(icon);
  },
  'an element that is first in the body': () => {
    document.body.prepend(document.createElement('div'));
  },
  'an element before everything that the application shows': () => {
    document.querySelector('.skip-link')?.before(document.createElement('aside'));
  },
  'a span around each input': () => {
    for (const input of document.querySelectorAll('main input, main p')) {
      const span = document.createElement('span');
      input.replaceWith(span);
      span.append(input);
    }
  },
  'no comments any more': () => {
    const comments = document.createTreeWalker(document.body, NodeFilter.SHOW_COMMENT);
    const found: Node[] = [];
    while (comments.nextNode()) found.push(comments.currentNode);
    for (const comment of found) comment.parentNode?.removeChild(comment);
  },
  'font elements in the place of texts': () => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: Node[] = [];
    while (texts.nextNode()) found.push(texts.currentNode);
    for (const text of found) {
      if (text.parentElement?.closest('script, noscript')) continue;
      const font = document.createElement('font');
      font.append(document.createElement('font'));
      font.firstElementChild?.append(text.textContent ?? '');
      text.parentNode?.replaceChild(font, text);
    }
  },
  'a mark within a text': () => {
    const heading = document.querySelector('main h1') as Element;
    const text = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT).nextNode() as Text;
    const rest = text.splitText(2);
    const mark = document.createElement('mark');
    rest.replaceWith(mark);
    mark.append(rest);
  },
};

/** Inserts an icon first into each form and after each field, as password managers do: now and as they appear. */
export const addPasswordManagerIcons = (): void => {
  const done = new WeakSet<Element>();
  const icon = () => Object.assign(document.createElement('div'), { textContent: 'Fill in' });
  const decorateAll = () => {
    for (const element of document.querySelectorAll('form, input, textarea')) {
      if (done.has(element)) continue;
      done.add(element);
      if (element.localName === 'form') element.prepend(icon());
      else element.after(icon());
    }
  };
  decorateAll();
  new MutationObserver(decorateAll).observe(document.body, { subtree: true, childList: true });
};

/** Replaces texts as translators of browsers do, now and as they appear; the words stay the same. */
export const translatePage = (): void => {
  const done = new WeakSet<Node>();
  const replace = (text: Node) => {
    if (done.has(text) || !text.textContent?.trim()) return;
    if (text.parentElement?.closest('script, noscript, style')) return;
    const font = document.createElement('font');
    font.append(document.createElement('font'));
    font.firstElementChild?.append(text.textContent);
    done.add(font.firstElementChild?.firstChild as Node);
    text.parentNode?.replaceChild(font, text);
  };
  const below = (node: Node) => {
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    const found = [node.nodeType === Node.TEXT_NODE ? node : null];
    while (texts.nextNode()) found.push(texts.currentNode);
    for (const text of found) if (text) replace(text);
  };
  const observer = new MutationObserver((records) => {
    for (const { type, target, addedNodes } of records) {
      if (type === 'characterData') replace(target);
      for (const node of addedNodes) if (node.isConnected) below(node);
    }
  });
  below(document.body);
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
};
