// The clips as the server has them, but for the edits that are on their way to it.
import { ask } from "./server.js";

export const $ = (id) => document.getElementById(id);

// `current` is the clip that is open, as it was read. `read.version` names the state that was read; an
// edit on its way has none yet, and gets it in the same object when the server has answered.
export const page = { clips: [], revision: -1, current: null, others: {} };

const leaving = new Set(); // rejected here, the server has not answered yet

export function find(name) {
  return page.clips.find((clip) => clip.file_name === name);
}

export function placeOf(name = page.current?.file_name) {
  return page.clips.findIndex((clip) => clip.file_name === name);
}

export function nextUnreviewed(place) {
  const order = [...page.clips.slice(place + 1), ...page.clips.slice(0, place + 1)];
  const left = order.filter((clip) => !clip.reviewed_by);
  return (left.find((clip) => !page.others[clip.file_name]) ?? left[0])?.file_name;
}

export async function load() {
  const state = await ask("/api/clips");
  const mine = new Map(page.clips.filter((c) => !c.read.version).map((c) => [c.file_name, c]));
  page.clips = state.clips
    .filter((clip) => !leaving.has(clip.file_name))
    .map((clip) => mine.get(clip.file_name) ?? { ...clip, read: { version: clip.version } });
  page.revision = state.revision;
  $("folder").textContent = state.folder;
  document.title = `Captions: ${state.folder}`;
  showList();
}

export function put(clip) {
  const place = placeOf(clip.file_name);
  if (place >= 0) page.clips[place] = clip;
  showList();
}

export function takeOut(name) {
  leaving.add(name);
  page.clips = page.clips.filter((clip) => clip.file_name !== name);
}

export function tookOut(name) {
  leaving.delete(name);
}

// An edit of a clip was refused: what it was before is shown, until the server has been asked.
export function putBack(clip) {
  put({ ...clip, read: { version: clip.read.version ?? "refused" } });
  page.revision = -1; // should asking fail now, it is asked again
}

// --- the list ------------------------------------------------------------------------------------

const items = new Map(); // by file name: a clip's item, and what it shows; thousands are not made anew
let shown = [];
let open = () => {};

export function onOpen(act) {
  open = act;
}

export function showList() {
  const list = page.clips.map(itemOf);
  if (list.length !== shown.length || list.some((item, place) => item !== shown[place])) {
    $("clips").replaceChildren(...list);
    shown = list;
  }
  showCurrent();
  const reviewed = page.clips.filter((clip) => clip.reviewed_by).length;
  $("progress").max = Math.max(1, page.clips.length);
  $("progress").value = reviewed;
  $("left").textContent =
    `${reviewed} of ${page.clips.length} reviewed, ${page.clips.length - reviewed} left`;
}

function showCurrent() {
  const item = items.get(page.current?.file_name)?.item;
  const before = $("clips").querySelector("[aria-current]");
  if (item === before) return;
  before?.removeAttribute("aria-current");
  item?.setAttribute("aria-current", "true");
  item?.scrollIntoView({ block: "nearest" });
}

function itemOf(clip) {
  const name = clip.file_name;
  const about = [origin(clip), page.others[name]].filter(Boolean).join(" · ");
  const state = clip.reviewed_by ? "reviewed" : clip.suggested_by ? "suggested" : "";
  const made = items.get(name) ?? newItem(name);
  const says = `${state}\n${clip.caption}\n${about}`;
  if (made.says !== says) {
    made.says = says;
    made.item.className = state;
    const caption = text("span", clip.caption || "no caption yet", clip.caption ? "caption" : "none");
    made.item.replaceChildren(caption, text("small", about));
  }
  return made.item;
}

function newItem(name) {
  const item = document.createElement("li");
  item.title = name;
  item.addEventListener("click", () => open(name));
  items.set(name, { item, says: null });
  return items.get(name);
}

// Where a clip is from, for people: its film and its time there.
function origin(clip) {
  if (clip.start == null || !clip.source) return clip.file_name.replace(/^clips\//, "");
  return `${clock(clip.start)} ${clip.source}`;
}

export function clock(seconds) {
  const tenths = Math.round(seconds * 10);
  return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}`;
}

export function text(kind, words, name = "") {
  const made = document.createElement(kind);
  made.textContent = words;
  made.className = name;
  return made;
}
