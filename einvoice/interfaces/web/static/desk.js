// What the pages can do beyond forms: keys for acts and the next invoice, files dropped onto a page.
"use strict";

document.addEventListener("keydown", (event) => {
  if (document.documentElement.dataset.letters === "off") return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (target) {
    event.preventDefault();
    target.click();
  }
});

for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input[type=file]");
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    input.files = event.dataTransfer.files;
    input.form.requestSubmit();
  });
}

for (const form of document.querySelectorAll("form[data-once]:not([hx-post])")) {
  form.addEventListener("submit", () => {
    // a second click sends nothing; the first keeps its button's value
    setTimeout(() => form.querySelectorAll("button").forEach((one) => (one.disabled = true)));
  });
}
