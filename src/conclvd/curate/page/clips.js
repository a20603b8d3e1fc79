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

const items = new Map(); // by name: what an item was made of, and it; thousands are not made anew
let open = () => {};

export function onOpen(act) {
  open = act;
}

export function showList() {
  $("clips").replaceChildren(...page.clips.map(itemOf));
  $("clips").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  const reviewed = page.clips.filter((clip) => clip.reviewed_by).length;
  $("progress").max = Math.max(1, page.clips.length);
  $("progress").value = reviewed;
  $("left").textContent =
    `${reviewed} of ${page.clips.length} reviewed, ${page.clips.length - reviewed} left`;
}

function itemOf(clip) {
  const name = clip.file_name;
  const about = [origin(clip), page.others[name]].filter(Boolean).join(" · ");
  const state = clip.reviewed_by ? "reviewed" : clip.suggested_by ? "suggested" : "";
  const made = JSON.stringify([clip.caption, about, state, name === page.current?.file_name]);
  if (items.get(name)?.made === made) return items.get(name).item;
  const item = document.createElement("li");
  item.title = name;
  item.className = state;
  if (name === page.current?.file_name) item.setAttribute("aria-current", "true");
  item.append(text("span", clip.caption || "no caption yet", clip.caption ? "caption" : "none"));
  item.append(text("small", about));
  item.addEventListener("click", () => open(name));
  items.set(name, { made, item });
  return item;
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
