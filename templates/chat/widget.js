// The chat's button and frame. What is said stays inside the frame, which is another origin's: the page around
// it can neither read it nor restyle it. The button's own looks live in a shadow tree.
(() => {
  const facts = {{ facts|safe }};
  const origin = new URL(facts.frame).origin;
  const remember = (value) => { try { sessionStorage.setItem(facts.key, value); } catch { /* a page without storage forgets */ } };
  const remembered = () => { try { return sessionStorage.getItem(facts.key); } catch { return null; } };

  const STYLE = `
    :host { all: initial; }
    button { position: var(--chat-position, fixed); z-index: 2147483646; inset: var(--chat-inset, auto 20px var(--chat-bottom, 20px) auto); display: grid; place-items: center;
      inline-size: 56px; block-size: 56px; padding: 0; border: 2px solid ${facts.ink}; border-radius: 50%; cursor: pointer;
      background: ${facts.colour}; color: ${facts.ink}; box-shadow: 0 4px 16px rgb(0 0 0 / .3); }
    button:focus-visible { outline: 3px solid #151b26; outline-offset: 3px; box-shadow: 0 0 0 3px #ffffff; }
    svg { inline-size: 28px; block-size: 28px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    i { position: absolute; inset: -6px -6px auto auto; display: none; place-items: center; min-inline-size: 22px; block-size: 22px; box-sizing: border-box;
      padding: 0 6px; border-radius: 11px; background: #c04700; color: #ffffff; font: 700 13px/1 system-ui, sans-serif; }
    button[data-unread] i { display: grid; }
    iframe { position: fixed; z-index: 2147483647; inset: auto 20px 88px auto; inline-size: 380px; block-size: min(620px, calc(100dvh - 108px));
      border: 0; border-radius: 14px; box-shadow: 0 16px 48px rgb(0 0 0 / .3); background: #ffffff; color-scheme: light; }
    iframe[hidden] { display: none; }
    @media (max-width: 520px) { iframe { inset: 0; inline-size: 100%; block-size: 100dvh; border-radius: 0; } }
    @media print { :host { display: none; } }`;

  function start() {
    if (document.getElementById(facts.key)) return;
    const host = document.createElement("div");
    host.id = facts.key;
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const button = document.createElement("button");
    button.type = "button";
    button.lang = facts.language;
    button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 20l1.3 -3.9c-2.4 -3.5 -1.4 -8.1 2.3 -10.7c3.8 -2.6 9.2 -2.4 12.5 .5c3.3 2.9 3.5 7.4 .5 10.5c-3 3.1 -8.2 3.8 -12.2 1.6l-4.4 2"/></svg><i></i>';
    const badge = button.querySelector("i");
    root.append(button);
    document.body.append(host);

    let frame = null;
    const tell = (message) => frame?.contentWindow?.postMessage({ fieldservice: message, page: location.origin + location.pathname }, origin);
    const isOpen = () => frame !== null && !frame.hidden;

    function load(open) {
      frame = document.createElement("iframe");
      frame.title = facts.title;
      frame.lang = facts.language;
      frame.hidden = !open;
      frame.allow = "";
      frame.src = facts.frame;
      root.append(frame);
    }

    function show(open) {
      if (frame === null) load(open);
      frame.hidden = !open;
      remember(open ? "open" : "begun");
      name(0);
      tell(open ? "opened" : "closed");
      if (open) frame.focus();
      else button.focus();
    }

    function name(unread) {
      badge.textContent = unread || "";
      button.toggleAttribute("data-unread", unread > 0);
      button.setAttribute("aria-label", isOpen() ? facts.close : unread ? `${facts.open}. ${facts.unread}` : facts.open);
      button.setAttribute("aria-expanded", String(isOpen()));
    }

    button.addEventListener("click", () => show(!isOpen()));
    window.addEventListener("message", (event) => {
      if (frame === null || event.source !== frame.contentWindow || event.origin !== origin) return;
      const { fieldservice: said, count } = event.data ?? {};
      if (said === "ready") tell(isOpen() ? "opened" : "closed");
      if (said === "close") show(false);
      if (said === "unread" && !isOpen()) name(Number(count) || 0);
    });
    // A chat that was begun goes on on the next page: open as it was, or quietly behind the button.
    const before = remembered();
    if (before) load(before === "open");
    name(0);
  }

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
