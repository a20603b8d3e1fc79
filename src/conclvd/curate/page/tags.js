// Tags are "kind:word": chosen by their first letters, or out of all that are known.
import { $, page, text } from "./clips.js";

const KINDS = {
  season: ["spring", "summer", "autumn", "winter"],
  weather: ["clear", "mist", "rain", "snow", "wind"],
  elements: ["mountains", "water", "boat", "pavilion", "pine", "bamboo", "blossoms", "birds", "figure"],
  motion: ["still camera", "pan left", "pan right", "zoom", "drifting", "flowing"],
  style: ["ink wash", "blue-green", "gongbi", "animation"],
};

let chosen = [];

export function tagsNow() {
  return [...chosen];
}

export function setTags(tags) {
  chosen = [...tags];
  $("tag").value = "";
  showTags();
}

// All that are known: ours, and those that the dataset has.
function known() {
  const own = Object.entries(KINDS).flatMap(([kind, words]) => words.map((word) => `${kind}:${word}`));
  return [...new Set([...own, ...page.clips.flatMap((clip) => clip.tags), ...chosen])];
}

function showTags() {
  const rows = new Map(Object.keys(KINDS).map((kind) => [kind, []]));
  for (const tag of known()) rows.get(tag.split(":")[0])?.push(tag);
  $("tags").replaceChildren(...[...rows].map(([kind, tags]) => {
    const row = text("div", "");
    row.append(text("span", kind), ...tags.map(button));
    return row;
  }));
}

function button(tag) {
  const made = text("button", tag.slice(tag.indexOf(":") + 1));
  made.type = "button";
  made.tabIndex = -1; // by keyboard they are chosen in the field
  made.setAttribute("aria-pressed", chosen.includes(tag));
  made.addEventListener("click", () => toggle(tag));
  return made;
}

function toggle(tag) {
  chosen = chosen.includes(tag) ? chosen.filter((one) => one !== tag) : [...chosen, tag];
  showTags();
}

// The tag that is meant by "kind:word", by a word, or by how a known one begins.
function meant(written) {
  const [kind, ...rest] = written.split(/[:：]/).map((part) => part.trim());
  if (rest.length) {
    const word = rest.join(":");
    if (kind in KINDS && word) return `${kind}:${word}`;
    throw new Error(`write a tag as KIND:WORD; kinds are ${Object.keys(KINDS).join(", ")}`);
  }
  const word = kind.toLowerCase();
  const wordOf = (tag) => tag.slice(tag.indexOf(":") + 1).toLowerCase();
  const same = known().filter((tag) => wordOf(tag) === word);
  const begin = same.length ? same : known().filter((tag) => wordOf(tag).startsWith(word));
  if (begin.length === 1) return begin[0];
  throw new Error(begin.length
    ? `${kind} may be ${begin.join(" or ")}; write more of it`
    : `${kind} is new; write it as KIND:WORD; kinds are ${Object.keys(KINDS).join(", ")}`);
}

// What is written in the field becomes tags; several with commas in between.
export function takeTags() {
  const written = $("tag").value.split(/[,，、]/).map((part) => part.trim()).filter(Boolean);
  for (const tag of written.map(meant)) if (!chosen.includes(tag)) chosen.push(tag);
  $("tag").value = "";
  showTags();
}

export function dropLast() {
  chosen.pop();
  showTags();
}
