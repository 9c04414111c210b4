// The documentation page works without this; with it, it can be searched, and a link opens what it names.
"use strict";

const search = document.getElementById("search");
const operations = [...document.querySelectorAll("details.op")];
const nothing = document.getElementById("nothing");

function matches(text, words) {
  return words.every((word) => text.includes(word));
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const op of operations) {
    op.hidden = !matches(op.dataset.text.toLowerCase(), words);
    document.querySelector(`nav a[href="#${op.id}"]`).parentElement.hidden = op.hidden;
    shown += op.hidden ? 0 : 1;
  }
  for (const group of document.querySelectorAll(".group")) {
    group.hidden = !group.querySelector("details.op:not([hidden]), li:not([hidden])");
  }
  nothing.hidden = shown > 0;
}

function openTarget() {
  const op = document.getElementById(location.hash.slice(1));
  if (op instanceof HTMLDetailsElement) {
    op.open = true;
    op.scrollIntoView();
  }
}

search.addEventListener("input", filter);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && document.activeElement === search) {
    search.value = "";
    filter();
  }
});
window.addEventListener("hashchange", openTarget);
search.parentElement.hidden = false;
filter();
openTarget();
