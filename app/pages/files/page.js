"use strict";

// The secret stands in the fragment, which browsers keep to themselves; nothing happens before the click, because
// mail scanners open links too.
const form = document.querySelector("form");
const said = document.querySelector(".said");
const button = form.querySelector("button");

function say(text, wrong) {
  said.textContent = text;
  said.classList.toggle("wrong", wrong);
}

if (!location.hash) {
  button.disabled = true;
  say("This link is incomplete. Copy the whole address from the mail.", true);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  say("One moment …", false);
  const body = { ...Object.fromEntries(new FormData(form)), token: location.hash.slice(1) };
  try {
    const answer = await fetch(form.dataset.path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) {
      form.hidden = true;
      say(form.dataset.done, false);
      return;
    }
    const problem = await answer.json();
    say(problem.errors ? problem.errors[0].message : problem.detail, true);
  } catch {
    say("The service does not answer. Try again in a moment.", true);
  }
  button.disabled = false;
});
