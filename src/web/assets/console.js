// @ts-check
// Parts of a page that are marked as live follow what happens: the server says that something has moved, and the page is
// asked for again. A part that somebody is busy with is left alone.

const LIVE = "[data-live]";

/** Where the page is that the live parts are of: what a refused form has led to is at the form's address. */
const ADDRESS = document.querySelector(`${LIVE}:not([data-live=""])`)?.getAttribute("data-live") ?? location.href;

/** How long after it has ended a stream that was refused is asked for again. */
const RETRY = 15_000;

/** @type {EventSource | undefined} */
let source;
let scheduled = false;
let running = false;
/** Whether a part was left alone that is not what the server has any more. */
let stale = false;
let notBefore = 0;

/**
 * Whether somebody is doing something in a part of the page.
 * @param {Element} part
 */
function isBusy(part) {
  const selection = document.getSelection();
  const selected = selection !== null && !selection.isCollapsed && selection.containsNode(part, true);
  return selected || part.contains(document.activeElement) || part.querySelector("details[open]") !== null;
}

/**
 * Puts a new part in the place of an old one, scrolled as that was.
 * @param {Element} old
 * @param {Element} fresh
 */
function replace(old, fresh) {
  const scrolled = [...old.querySelectorAll(".scroll")].map((element) => element.scrollLeft);
  old.replaceWith(fresh);
  fresh.querySelectorAll(".scroll").forEach((element, at) => { element.scrollLeft = scrolled[at] ?? 0; });
}

async function refresh() {
  scheduled = false;
  running = true;
  const began = Date.now();
  try {
    const answer = await fetch(ADDRESS, { headers: { accept: "text/html" } });
    // Led elsewhere: nobody is signed in any more.
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Another account was chosen, in another tab: this page stays what it says it is.
    if (page.getElementById("main")?.dataset.account !== document.getElementById("main")?.dataset.account) return;
    for (const old of document.querySelectorAll(LIVE)) {
      const fresh = page.getElementById(old.id);
      if (fresh === null || old.isEqualNode(fresh)) continue;
      if (isBusy(old)) stale = true;
      else replace(old, document.adoptNode(fresh));
    }
  } catch {
    // The server is away: the stream says when it is back.
  } finally {
    running = false;
    // Once a second at most, and less often where the page is slow to draw.
    notBefore = Date.now() + Math.max(1_000, 5 * (Date.now() - began));
  }
}

function changed() {
  if (scheduled) return;
  scheduled = true;
  const when = () => {
    if (running || Date.now() < notBefore) setTimeout(when, 100);
    else void refresh();
  };
  when();
}

/** Somebody may be done with a part. */
function caughtUp() {
  if (!stale) return;
  stale = false;
  changed();
}

function listen() {
  source?.close();
  source = undefined;
  // A browser holds few connections to one server: none for a page that nobody sees.
  if (document.hidden) return;
  const opened = new EventSource("/console/live");
  source = opened;
  opened.addEventListener("changed", changed);
  opened.addEventListener("error", () => {
    if (opened.readyState === EventSource.CLOSED && source === opened) setTimeout(() => source === opened && listen(), RETRY);
  });
}

if (document.querySelector(LIVE) !== null) {
  document.addEventListener("visibilitychange", listen);
  document.addEventListener("focusout", caughtUp);
  document.addEventListener("toggle", caughtUp, true);
  listen();
}
