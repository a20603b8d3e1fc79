// What is said of the clip that is open, and what is written in its fields.
import { $, clock, page, text } from "./clips.js";
import { setTags, tagsNow } from "./tags.js";

export function tell(words, wrong = true) {
  $("message").textContent = words;
  $("message").hidden = !words;
  $("message").className = wrong ? "" : "told";
}

// `words` are in the fields: the clip's own, or what could not be saved.
export function showClip(clip, words = clip) {
  $("theirs").hidden = true;
  $("about").replaceChildren(...(clip ? about(clip) : []));
  $("caption").value = words?.caption ?? "";
  $("caption_zh").value = words?.caption_zh ?? "";
  setTags(words?.tags ?? []);
  showState();
}

function about(clip) {
  const times = clip.start == null ? null : `${clock(clip.start)} to ${clock(clip.end)}`;
  const size = clip.width && clip.height ? `${clip.width} × ${clip.height}, ${clip.fps ?? "?"} frames/s` : null;
  const rows = { file: clip.file_name, source: clip.source, time: times, size, licence: clip.license,
    flags: clip.flags.join("; ") };
  return Object.entries(rows).filter(([, value]) => value).map(([name, value]) => {
    const row = text("div", "");
    row.append(text("dt", name), text("dd", value));
    return row;
  });
}

export function showState() {
  const clip = page.current;
  const other = page.others[clip?.file_name];
  const state = !clip ? "There are no clips." : clip.reviewed_by ? `Reviewed by ${clip.reviewed_by}.`
    : clip.suggested_by ? `Suggested by ${clip.suggested_by}; nobody has confirmed it.` : "Not reviewed.";
  $("state").textContent = other ? `${state} ${other} has it open, too.` : state;
}

export function showTheirs(clip) {
  const said = [clip.caption || "no caption", clip.caption_zh, clip.tags.join(", ")].filter(Boolean);
  $("theirs").textContent = `Saved by them: ${said.join(" · ")}`;
  $("theirs").hidden = false;
}

export function written() {
  return { caption: $("caption").value.trim(), caption_zh: $("caption_zh").value.trim() || null, tags: tagsNow() };
}

export function changed() {
  const clip = page.current;
  if (!clip) return false;
  const { caption, caption_zh: chinese, tags } = written();
  return caption !== clip.caption || (chinese ?? "") !== (clip.caption_zh ?? "") || tags.join() !== clip.tags.join();
}
