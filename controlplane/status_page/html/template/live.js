// The page stays right without this: it only spares readers the reload.
(() => {
  "use strict";
  const everyMs = 60_000;
  const base = document.body.dataset.base;
  const offline = document.getElementById("offline");
  let seen = Date.now(), asking = false, again = false;

  // What readers opened stays open, and where they are they stay.
  function show(fresh) {
    const old = document.getElementById("main"), main = fresh.getElementById("main");
    for (const was of old.querySelectorAll("details[id]")) {
      const is = main.querySelector("#" + CSS.escape(was.id));
      if (is) is.open = was.open;
    }
    const focus = old.contains(document.activeElement) && document.activeElement.closest("[id]");
    const state = page => page.getElementById("overall")?.textContent;
    const news = state(fresh) !== state(document) ? state(fresh) : "";
    old.replaceWith(main);
    if (focus) main.querySelector("#" + CSS.escape(focus.id))?.querySelector("a, summary, [tabindex]")?.focus({preventScroll: true});
    document.title = fresh.title;
    document.getElementById("icon").replaceWith(fresh.getElementById("icon"));
    document.querySelector("footer").replaceWith(fresh.querySelector("footer"));
    if (news) document.getElementById("announcement").textContent = news;
  }

  async function refresh() {
    again = asking;
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(location.href, {cache: "no-cache"});
      if (!answer.ok) throw new Error(answer.statusText);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!fresh.getElementById("main")) throw new Error("another page");
      show(fresh);
      seen = Date.now();
    } catch {
      // The next round asks again.
    }
    offline.hidden = Date.now() - seen < 2 * everyMs;
    asking = false;
    if (again) refresh();
  }

  const events = new EventSource(base + "events");
  events.onmessage = refresh;
  events.addEventListener("changed", refresh);
  setInterval(() => document.hidden || refresh(), everyMs);
  document.addEventListener("visibilitychange", () => document.hidden || Date.now() - seen < everyMs || refresh());
})();
