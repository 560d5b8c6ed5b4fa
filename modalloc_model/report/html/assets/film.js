"use strict";
// Without this script every frame of a film is shown, one below the other; with it, one at a time.
for (const film of document.querySelectorAll(".film")) {
  const frames = [...film.querySelectorAll(".frame")];
  const [previous, slider, next, now] = [".previous", ".slider", ".next", ".now"].map((s) => film.querySelector(s));
  const last = frames.length - 1;
  const show = (wanted) => {
    const chosen = Math.min(Math.max(wanted, 0), last);
    frames.forEach((frame, number) => { frame.hidden = number !== chosen; });
    slider.value = String(chosen);
    slider.setAttribute("aria-valuetext", frames[chosen].dataset.title);
    now.textContent = frames[chosen].dataset.title;
    // A button that has the focus keeps it: it is marked, not disabled.
    previous.setAttribute("aria-disabled", String(chosen === 0));
    next.setAttribute("aria-disabled", String(chosen === last));
  };
  previous.addEventListener("click", () => show(Number(slider.value) - 1));
  next.addEventListener("click", () => show(Number(slider.value) + 1));
  slider.addEventListener("input", () => show(Number(slider.value)));
  film.querySelector(".controls").hidden = false;
  film.classList.add("playing");
  show(0);
}
