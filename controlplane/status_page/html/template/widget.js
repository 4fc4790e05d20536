// Puts the page's widget in the place of the script that loads this.
(() => {
  "use strict";
  const script = document.currentScript;
  const frame = document.createElement("iframe");
  frame.src = new URL("widget.html", script.src);
  frame.title = script.dataset.title || "Status";
  frame.loading = "lazy";
  frame.width = script.dataset.width || "320";
  frame.height = script.dataset.height || "60";
  frame.style.border = "0";
  script.after(frame);
})();
