// The clip that is open: it plays in a loop, and stops at frames.
import { ask } from "./server.js";
import { $, page } from "./clips.js";

let facts = { fps: "24", frames: null }; // of the clip that plays

export function play(clip) {
  const video = $("video");
  $("frame").textContent = "";
  if (!clip) return video.removeAttribute("src");
  const path = clip.file_name.split("/").map(encodeURIComponent).join("/");
  // the version in the address: a file of the same name may have been cut anew
  video.src = `/files/${path}?${clip.read.version ?? ""}`;
  video.play().catch(() => {});
  facts = clip;
  if (!clip.fps || !clip.frames) measure(clip, path);
}

// A folder made by hand may not say how fast its clips are; split needs to know.
async function measure(clip, path) {
  try {
    const found = await ask(`/api/facts/${path}`);
    if (page.current?.file_name === clip.file_name) facts = found;
  } catch (error) {
    $("frame").textContent = error.message;
  }
}

function rate() {
  if (!facts.fps) return 24;
  const [over, under] = facts.fps.split("/").map(Number);
  return over / (under || 1);
}

export function frameNow() {
  return Math.floor($("video").currentTime * rate() + 1e-3);
}

export function goTo(frame) {
  const video = $("video");
  video.pause();
  const most = (facts.frames ?? Infinity) - 1;
  video.currentTime = (Math.min(most, Math.max(0, frame)) + 0.5) / rate(); // its middle
}

export function playOrPause() {
  const video = $("video");
  if (video.paused) video.play(); else goTo(frameNow());
}

export function showFrame() {
  if (page.current && $("video").readyState > 0) {
    const most = facts.frames ?? Math.round($("video").duration * rate());
    $("frame").textContent = `frame ${frameNow()} of ${most}`;
    $("slider").max = most - 1;
    $("slider").value = frameNow();
  }
  requestAnimationFrame(showFrame);
}

$("slider").addEventListener("input", () => goTo(Number($("slider").value)));
$("slider").addEventListener("change", () => $("slider").blur());
$("video").addEventListener("error", () => {
  if (page.current) $("frame").textContent = "this clip cannot be played here; `conclvd dataset check` says more";
});
