// The annotation page. Whatever comes from the dataset is shown as text (textContent), never as HTML.
"use strict";

const $ = (id) => document.getElementById(id);
const KINDS = {
  season: ["spring", "summer", "autumn", "winter"],
  weather: ["clear", "mist", "rain", "snow", "wind"],
  elements: ["mountains", "water", "boat", "pavilion", "pine", "bamboo", "blossoms", "birds", "figure"],
  motion: ["still camera", "pan left", "pan right", "zoom", "drifting", "flowing"],
  style: ["ink wash", "blue-green", "gongbi", "animation"],
};

let clips = [];
let revision = -1;
let current = null; // the clip as it was read, with its version
let tags = [];
let busy = false;

// --- talking to the server -----------------------------------------------------------------------

async function ask(path, body) {
  const how = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(path, how);
  } catch {
    throw new Error("the server does not answer; is `conclvd dataset annotate` still running?");
  }
  const value = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(value.error), { status: answer.status });
  return value;
}

function person() {
  const name = $("person").value.trim();
  if (!name) {
    $("person").focus();
    throw new Error("write your name first: it is kept with everything you do");
  }
  localStorage.setItem("person", name);
  return name;
}

async function load() {
  const state = await ask("/api/clips");
  clips = state.clips;
  revision = state.revision;
  $("folder").textContent = state.folder;
  document.title = `Captions: ${state.folder}`;
  showList();
}

// --- showing -------------------------------------------------------------------------------------

function tell(text, wrong = true) {
  $("message").textContent = text;
  $("message").hidden = !text;
  $("message").className = wrong ? "" : "told";
}

function showList() {
  const items = clips.map((clip) => {
    const item = document.createElement("li");
    item.textContent = clip.caption || clip.file_name.replace(/^clips\//, "");
    item.title = clip.file_name;
    item.className = clip.reviewed_by ? "reviewed" : clip.suggested_by ? "suggested" : "";
    if (current && clip.file_name === current.file_name) item.setAttribute("aria-current", "true");
    item.addEventListener("click", () => attempt(() => leave() && open(clip.file_name)));
    return item;
  });
  $("clips").replaceChildren(...items);
  $("clips").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  const reviewed = clips.filter((clip) => clip.reviewed_by).length;
  $("progress").max = Math.max(1, clips.length);
  $("progress").value = reviewed;
  $("left").textContent = `${reviewed} of ${clips.length} reviewed, ${clips.length - reviewed} left`;
}

function open(name) {
  const clip = clips.find((found) => found.file_name === name) ?? clips[0];
  current = clip ? structuredClone(clip) : null;
  const video = $("video");
  if (!clip) {
    video.removeAttribute("src");
    for (const id of ["about", "state", "frame"]) $(id).textContent = "";
    return showList();
  }
  // the version in the address: a file of the same name may have been cut anew
  video.src = `/files/${clip.file_name.split("/").map(encodeURIComponent).join("/")}?${clip.version}`;
  video.play().catch(() => {});
  $("about").textContent = [
    clip.file_name, clip.source,
    clip.start == null ? null : `${clip.start.toFixed(2)} to ${clip.end.toFixed(2)} s`,
    clip.license, ...clip.flags,
  ].filter(Boolean).join(" · ");
  showWords(clip);
  showList();
}

function showWords(clip) {
  $("caption").value = clip.caption;
  $("caption_zh").value = clip.caption_zh ?? "";
  $("tag").value = "";
  tags = [...clip.tags];
  showTags();
  $("state").textContent = clip.reviewed_by
    ? `Reviewed by ${clip.reviewed_by}.`
    : clip.suggested_by ? `Suggested by ${clip.suggested_by}; nobody has confirmed it.` : "Not reviewed.";
}

function showTags() {
  $("tags").replaceChildren(...tags.map((tag) => {
    const item = document.createElement("li");
    item.textContent = tag;
    return item;
  }));
}

function changed() {
  return current !== null && (
    $("caption").value.trim() !== current.caption
    || $("caption_zh").value.trim() !== (current.caption_zh ?? "")
    || tags.join() !== current.tags.join());
}

// --- doing ---------------------------------------------------------------------------------------

async function attempt(act) {
  if (busy) return;
  busy = true;
  try {
    tell("");
    await act();
  } catch (error) {
    const conflict = error.status === 409; // what was written here stays in the fields
    if (conflict) await load().catch(() => {});
    // told last: who reads it and presses a key must not find the page still busy
    tell(conflict ? `${error.message}; your text is still here, Esc and R show theirs` : error.message);
  } finally {
    busy = false;
  }
}

function leave() {
  if (!changed()) return true;
  tell("this clip has changes that are not saved: Ctrl+S keeps them, Esc and R forget them");
  return false;
}

function target() {
  if (!current) throw new Error("there is no clip");
  return { file_name: current.file_name, version: current.version, by: person() };
}

async function save(confirm) {
  const body = {
    ...target(), confirm, tags,
    caption: $("caption").value, caption_zh: $("caption_zh").value,
  };
  const saved = await ask("/api/save", body);
  const place = clips.findIndex((clip) => clip.file_name === saved.file_name);
  const name = saved.file_name;
  await load();
  if (confirm) {
    open(nextUnreviewed(place) ?? name);
    if (typing()) $("caption").focus();
    tell(nextUnreviewed(place) ? "" : "everything is reviewed", false);
  } else {
    open(name);
    tell("saved, not confirmed", false);
  }
}

function nextUnreviewed(place) {
  const order = [...clips.slice(place + 1), ...clips.slice(0, place + 1)];
  return order.find((clip) => !clip.reviewed_by)?.file_name;
}

function placeOf() {
  return clips.findIndex((clip) => clip.file_name === current?.file_name);
}

function step(by) {
  if (!clips.length || !leave()) return;
  const place = Math.min(clips.length - 1, Math.max(0, placeOf() + by));
  open(clips[place].file_name);
}

async function reject() {
  const place = placeOf();
  if (!leave()) return;
  await ask("/api/reject", target());
  await load();
  open(clips[Math.min(place, clips.length - 1)]?.file_name);
  tell("rejected; Z brings it back", false);
}

async function split() {
  if (!leave()) return;
  const frame = frameNow();
  const parts = await ask("/api/split", { ...target(), frame });
  await load();
  open(parts[0].file_name);
  tell(`split at frame ${frame}`, false);
}

async function merge() {
  if (!leave()) return;
  const next = clips[placeOf() + 1];
  if (!next) throw new Error("this is the last clip; there is none to merge it with");
  const merged = await ask("/api/merge", { ...target(), next_version: next.version });
  await load();
  open(merged.file_name);
  tell("merged", false);
}

async function undo() {
  if (!leave()) return;
  const undone = await ask("/api/undo", { by: person() });
  await load();
  open(undone.file_name);
  tell(`took back: ${undone.action}`, false);
}

function forget() {
  open(current?.file_name);
}

// --- the video -----------------------------------------------------------------------------------

function rate() {
  if (!current?.fps) return 24;
  const [over, under] = current.fps.split("/").map(Number);
  return over / (under || 1);
}

function frameNow() {
  return Math.floor($("video").currentTime * rate() + 1e-3);
}

function goTo(frame) {
  const video = $("video");
  video.pause();
  const most = (current?.frames ?? Infinity) - 1;
  video.currentTime = (Math.min(most, Math.max(0, frame)) + 0.5) / rate(); // its middle
}

function playOrPause() {
  const video = $("video");
  if (video.paused) video.play(); else goTo(frameNow());
}

function showFrame() {
  if (current) $("frame").textContent = `frame ${frameNow()} of ${current.frames ?? "?"}`;
  requestAnimationFrame(showFrame);
}

// --- keys ----------------------------------------------------------------------------------------

const KEYS = [
  ["J", "next clip", () => step(1)],
  ["K", "clip before", () => step(-1)],
  ["N", "next to review", () => leave() && open(nextUnreviewed(placeOf()) ?? current?.file_name)],
  ["Space", "play, pause", playOrPause],
  [",", "frame back", () => goTo(frameNow() - 1)],
  [".", "frame on", () => goTo(frameNow() + 1)],
  ["E", "English", () => $("caption").focus()],
  ["C", "Chinese", () => $("caption_zh").focus()],
  ["T", "tag", () => $("tag").focus()],
  ["X", "reject", reject],
  ["S", "split here", split],
  ["M", "merge with next", merge],
  ["Z", "undo", undo],
  ["R", "forget changes", forget],
];
const CONTROL = [
  ["Enter", "confirm, next", () => save(true)],
  ["S", "save", () => save(false)],
];

function typing() {
  return document.activeElement?.matches("input, textarea");
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey) return; // the Enter that ends Chinese input is not ours
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const control = event.ctrlKey || event.metaKey;
  if (key === "Escape") return document.activeElement?.blur();
  if (!control && (typing() || (key === "Space" && document.activeElement?.matches("button")))) return;
  const found = (control ? CONTROL : KEYS).find(([name]) => name === key);
  if (!found) return;
  event.preventDefault();
  attempt(found[2]);
});

$("tag").addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey) return;
  if (event.key === "Backspace" && !$("tag").value) tags.pop();
  else if (event.key === "Enter") {
    const [kind, ...rest] = $("tag").value.split(/[:：]/);
    const word = rest.join(":").trim();
    if (!(kind.trim() in KINDS) || !word) {
      return tell(`write a tag as KIND:WORD; kinds are ${Object.keys(KINDS).join(", ")}`);
    }
    const tag = `${kind.trim()}:${word}`;
    if (!tags.includes(tag)) tags.push(tag);
    $("tag").value = "";
    tell("");
  } else return;
  event.preventDefault();
  showTags();
});

addEventListener("beforeunload", (event) => changed() && event.preventDefault());

// --- beginning -----------------------------------------------------------------------------------

function showKeys() {
  const all = [...KEYS, ...CONTROL.map(([key, ...rest]) => [`Ctrl+${key}`, ...rest]), ["Esc", "leave a field"]];
  $("keys").replaceChildren(...all.map(([key, what]) => {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const cap = document.createElement("kbd");
    const text = document.createElement("dd");
    cap.textContent = key;
    text.textContent = what;
    term.append(cap);
    row.append(term, text);
    return row;
  }));
  const actions = [["Confirm", () => save(true)], ["Save", () => save(false)], ["Reject", reject],
    ["Split here", split], ["Merge with next", merge], ["Undo", undo]];
  $("buttons").replaceChildren(...actions.map(([name, act]) => {
    const button = document.createElement("button");
    button.textContent = name;
    button.addEventListener("click", () => attempt(act));
    return button;
  }));
  $("known").replaceChildren(...Object.entries(KINDS).flatMap(([kind, words]) => words.map((word) => {
    const option = document.createElement("option");
    option.value = `${kind}:${word}`;
    return option;
  })));
}

async function look() { // what others did
  try {
    const now = await ask("/api/revision");
    if (now.revision !== revision && !busy) {
      await load();
      const fresh = clips.find((clip) => clip.file_name === current?.file_name);
      if (current && !changed() && fresh?.version !== current.version) open(current.file_name);
    }
  } catch (error) {
    tell(error.message);
  }
  setTimeout(look, 3000);
}

$("person").value = localStorage.getItem("person") ?? "";
showKeys();
attempt(async () => {
  await load();
  open(nextUnreviewed(-1) ?? clips[0]?.file_name);
  if (!$("person").value) $("person").focus();
  showFrame();
  setTimeout(look, 3000);
});
