"use strict";
// Only what is on the screen is loaded and played; all videos of a row begin together.
const playing = () => !document.body.classList.contains("paused");

function show(section) {
  for (const video of section.querySelectorAll("video")) {
    if (!video.src) video.src = video.dataset.src;
    video.currentTime = 0;
    if (playing()) video.play().catch(() => {}); // interrupted when it scrolls away again
  }
}

function hide(section) {
  for (const video of section.querySelectorAll("video[src]")) {
    video.removeAttribute("src"); // browsers allow only so many players at once
    video.load();
  }
}

const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) (entry.isIntersecting ? show : hide)(entry.target);
}, { rootMargin: "200px" });

for (const section of document.querySelectorAll("section")) watcher.observe(section);

for (const video of document.querySelectorAll("video")) {
  video.addEventListener("error", () => {
    if (video.getAttribute("src")) video.parentElement.classList.add("broken");
  });
}

document.querySelector("#pause").addEventListener("click", (event) => {
  document.body.classList.toggle("paused");
  event.target.textContent = playing() ? "Pause" : "Play";
  for (const video of document.querySelectorAll("video[src]")) {
    if (playing()) video.play().catch(() => {}); else video.pause();
  }
});

document.querySelector("#find").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/);
  for (const section of document.querySelectorAll("section")) {
    const prompt = section.querySelector("h2").textContent.toLowerCase();
    section.classList.toggle("hidden", !words.every((word) => prompt.includes(word)));
  }
});

for (const box of document.querySelectorAll("nav input[type=checkbox]")) {
  box.addEventListener("change", () => {
    for (const figure of document.querySelectorAll("figure")) {
      if (figure.dataset.method === box.value) figure.classList.toggle("hidden", !box.checked);
    }
  });
}
