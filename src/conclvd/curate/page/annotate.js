// The annotation page. Whatever comes from the dataset is shown as text (textContent), never as HTML.
//
// Nobody waits for the server: a confirmed clip is left at once, and what is typed next goes to the
// next clip. Edits are sent in order; one that is refused comes back, with what was written.
import { $, find, load, nextUnreviewed, onOpen, page, placeOf, put, putBack, showList, takeOut, text, tookOut } from "./clips.js";
import { ask, inOrder, sending } from "./server.js";
import { dropLast, takeTags } from "./tags.js";
import { frameNow, goTo, play, playOrPause, showFrame } from "./video.js";
import { changed, showClip, showState, showTheirs, tell, written } from "./words.js";

const tab = tabName(); // this page among those of others
const drafts = new Map(); // what was written and could not be saved, by file name
const working = new Set(); // clips that are being split or merged

function tabName() { // the same after a reload
  const name = sessionStorage.getItem("tab") ?? crypto.getRandomValues(new Uint32Array(2)).join("-");
  sessionStorage.setItem("tab", name);
  return name;
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

function open(name) {
  const clip = find(name) ?? page.clips[0] ?? null;
  page.current = clip;
  play(clip);
  showClip(clip, drafts.get(clip?.file_name));
  drafts.delete(clip?.file_name);
  showList();
  look().catch(() => {}); // others see at once what is open here
}

// --- doing ---------------------------------------------------------------------------------------

async function attempt(act) {
  tell("");
  try {
    await act();
  } catch (error) {
    tell(error.message);
  }
}

function leave() {
  if (!changed()) return true;
  tell("this clip has changes that are not saved: Ctrl+S keeps them, Esc and R forget them");
  return false;
}

function target() {
  if (!page.current) throw new Error("there is no clip");
  if (working.has(page.current.file_name)) throw new Error("this clip is being cut; wait until it is done");
  return { clip: page.current, by: person() };
}

// What is sent: made when its turn has come, for only then an edit before it has its version.
function body(clip, by, more = {}) {
  if (!clip.read.version) throw new Error(`the edit of ${clip.file_name} before this one was refused`);
  return { file_name: clip.file_name, version: clip.read.version, by, ...more };
}

function save(confirm) {
  const { clip, by } = target();
  takeTags();
  const words = written();
  if (confirm && !words.caption) throw new Error("the English caption is empty; write one, or reject the clip");
  const after = { ...clip, ...words, reviewed_by: confirm ? by : null, read: {} };
  const place = placeOf();
  page.current = after;
  put(after);
  const done = inOrder(async () => {
    const saved = await ask("/api/save", body(clip, by, { ...words, confirm }));
    after.read.version = saved.version;
  });
  done.then(() => confirm || tell("saved, not confirmed", false), (error) => refused(clip, error, words));
  if (!confirm) return showState();
  const next = nextUnreviewed(place);
  const wrote = typing();
  open(next ?? clip.file_name);
  if (wrote) $("caption").focus();
  if (!next) tell("everything is reviewed", false);
}

// An edit was not taken: the clip is shown as it is, with what was written, once nobody is writing.
async function refused(clip, error, words = null) {
  const name = clip.file_name;
  const here = page.current?.file_name === name;
  const mine = here ? written() : words; // what was typed since is not lost either
  putBack(clip);
  await load().catch(() => {});
  const there = find(name);
  if (!there) {
    if (here || !changed()) open(page.clips[0]?.file_name);
    return tell(mine ? `${error.message}; your text was: ${mine.caption} ${mine.caption_zh ?? ""}` : error.message);
  }
  if (mine) drafts.set(name, mine);
  if (!here && changed()) {
    return tell(mine ? `${error.message}; your text for it is kept until you open it` : error.message);
  }
  open(name);
  if (error.status !== 409 || !mine) return tell(error.message);
  showTheirs(there);
  tell(`${error.message}; your text is still here: Ctrl+Enter keeps it, Esc and R take theirs`);
}

function step(by) {
  if (!page.clips.length || !leave()) return;
  open(page.clips[Math.min(page.clips.length - 1, Math.max(0, placeOf() + by))].file_name);
}

function reject() {
  if (!leave()) return;
  const { clip, by } = target();
  const place = placeOf();
  takeOut(clip.file_name);
  const done = inOrder(() => ask("/api/reject", body(clip, by)));
  done.finally(() => tookOut(clip.file_name)).then(
    () => tell("rejected; Z brings it back", false), (error) => refused(clip, error));
  open(page.clips[Math.min(place, page.clips.length - 1)]?.file_name);
}

async function recut(path, more, told) {
  if (!leave()) return;
  const { clip, by } = target();
  working.add(clip.file_name);
  tell("cutting …", false);
  try {
    const made = await inOrder(() => ask(path, body(clip, by, more())));
    await load();
    arrive(clip, made.file_name ?? made[0].file_name);
    tell(told, false);
  } catch (error) {
    await refused(clip, error);
  } finally {
    working.delete(clip.file_name);
  }
}

function split() {
  const frame = frameNow();
  return recut("/api/split", () => ({ frame }), `split at frame ${frame}`);
}

function merge() {
  const next = page.clips[placeOf() + 1];
  if (!next) throw new Error("this is the last clip; there is none to merge it with");
  return recut("/api/merge", () => ({ next_version: next.read.version }), "merged");
}

// Open what became of a clip, unless the person has gone on; what was typed meanwhile goes along.
function arrive(clip, name) {
  if (page.current?.file_name !== clip.file_name) return;
  if (changed()) drafts.set(name, written());
  open(name);
}

async function undo() {
  if (!leave()) return;
  const by = person();
  const undone = await inOrder(() => ask("/api/undo", { by }));
  await load();
  if (!changed()) open(undone.file_name);
  tell(`took back: ${undone.action}`, false);
}

function forget() {
  open(page.current?.file_name);
}

// --- keys ----------------------------------------------------------------------------------------

const KEYS = [
  ["J", "next clip", () => step(1)],
  ["K", "clip before", () => step(-1)],
  ["N", "next to review", () => leave() && open(nextUnreviewed(placeOf()) ?? page.current?.file_name)],
  ["Space", "play, pause", playOrPause],
  [",", "frame back", () => goTo(frameNow() - 1)],
  [".", "frame on", () => goTo(frameNow() + 1)],
  ["<", "ten back", () => goTo(frameNow() - 10)],
  [">", "ten on", () => goTo(frameNow() + 10)],
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
const HELD = ["J", "K", ",", ".", "<", ">"]; // held down, they go on; nobody rejects ten clips so

function typing() {
  return document.activeElement?.matches("textarea, input:not([type=range])");
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
  if (!event.repeat || (!control && HELD.includes(key))) attempt(found[2]);
});

$("tag").addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey) return;
  if (event.key === "Backspace" && !$("tag").value) attempt(dropLast);
  else if (event.key === "Enter") attempt(takeTags);
  else return;
  event.preventDefault();
});

addEventListener("beforeunload", (event) => (changed() || drafts.size || sending()) && event.preventDefault());

addEventListener("pagehide", () => navigator.sendBeacon("/api/look", new Blob([JSON.stringify(at(null))], { type: "application/json" })));

// --- beginning -----------------------------------------------------------------------------------

function showKeys() {
  const all = [...KEYS, ...CONTROL.map(([key, ...rest]) => [`Ctrl+${key}`, ...rest]), ["Esc", "leave a field"]];
  $("keys").replaceChildren(...all.map(([key, what]) => {
    const row = text("div", "");
    const term = text("dt", "");
    term.append(text("kbd", key));
    row.append(term, text("dd", what));
    return row;
  }));
  const actions = [["Confirm, next", "Ctrl+Enter", () => save(true)], ["Save", "Ctrl+S", () => save(false)],
    ["Reject", "X", reject], ["Split here", "S", split], ["Merge with next", "M", merge], ["Undo", "Z", undo]];
  $("buttons").replaceChildren(...actions.map(([name, key, act]) => {
    const button = text("button", `${name} `);
    button.append(text("kbd", key));
    button.addEventListener("click", () => attempt(act));
    return button;
  }));
}

function at(name) {
  return { tab, by: $("person").value.trim(), file_name: name ?? null };
}

// Tell the server what is open here, and hear what others have open and have done.
async function look() {
  const now = await ask("/api/look", at(page.current?.file_name));
  page.others = now.others;
  if (now.revision !== page.revision && !sending()) await load();
  const clip = page.current;
  const fresh = find(clip?.file_name);
  if (clip?.read.version && !changed() && fresh?.read.version !== clip.read.version) {
    return open(fresh?.file_name ?? nextUnreviewed(-1));
  }
  showState();
  showList();
}

async function keepLooking() {
  await look().catch((error) => tell(error.message));
  setTimeout(keepLooking, 3000);
}

$("person").value = localStorage.getItem("person") ?? "";
showKeys();
onOpen((name) => attempt(() => leave() && open(name)));
attempt(async () => {
  await load();
  await look();
  open(nextUnreviewed(-1));
  if (!$("person").value) $("person").focus();
  showFrame();
  setTimeout(keepLooking, 3000);
});
